// What only shows when all keys of a file are known: what is missing, what contradicts, and the
// presets that fill in the rest. Internal to config/.
#pragma once

#include "config/migration_settings.hpp"
#include "config/process_settings.hpp"
#include "config/setting_file.hpp"

namespace tandem::config {

void finish(ProcessSettings& settings, SettingFile& file);
void finish(MigrationSettings& settings, SettingFile& file);

// Log-ins by OAuth of a side: what is missing or contradicts, and what follows from the kind
// (oauth_finish.cpp).
void finish_oauth(SideSettings& side, SettingFile& file, std::string_view section);
void check_oauth_files(const OAuthSettings& oauth, SettingFile& file, std::string_view section);

// A file that holds one secret and nothing else; "" is fine.
void check_password_file(const std::string& path, SettingFile& file, std::string_view key);

// Files that settings name: are they there, can we read them, are secret ones secret?
void check_files(const ProcessSettings& settings, SettingFile& file);
void check_files(const MigrationSettings& settings, SettingFile& file);

}  // namespace tandem::config
