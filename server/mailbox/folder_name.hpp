// Names of mailboxes: UTF-8, '/' between levels, no empty level, no control bytes, none of "%*".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem::server {

inline constexpr char separator = '/';

[[nodiscard]] bool is_folder_name(std::string_view name);
// "a/b/c": "a", "a/b".
[[nodiscard]] std::vector<std::string> parents_of(std::string_view name);
[[nodiscard]] bool is_below(std::string_view name, std::string_view parent);

}  // namespace tandem::server
