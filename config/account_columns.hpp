// The columns of the list of accounts, and the names people give them in English and Japanese.
// Internal to config/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::config {

enum class Column : std::uint8_t {
  address,
  old_login,
  old_password,
  new_login,
  new_password,
  note,
};
inline constexpr std::size_t column_count = static_cast<std::size_t>(Column::note) + 1;

// "old_login": as it is written in English headers and in messages.
[[nodiscard]] std::string_view name_of(Column column);
[[nodiscard]] bool is_password(Column column);

// Which column a header cell names; nothing: none we know.
[[nodiscard]] std::optional<Column> column_of(std::string_view header);
// The column whose English name this looks like, mistyped; nothing if none.
[[nodiscard]] std::optional<Column> nearly_column(std::string_view header);

}  // namespace tandem::config
