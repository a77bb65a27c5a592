// The bytes of config/providers/*.json, made a source file by CMake. Internal to config/.
#pragma once

#include <span>
#include <string_view>

namespace tandem::config {

[[nodiscard]] std::span<const std::string_view> provider_files();

}  // namespace tandem::config
