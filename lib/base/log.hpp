// The log. One line per event: time, level, room, a fixed id (for warnings and errors: it occurs
// once in the source and is what an operator searches for), the text, then key=value details.
// No error is both logged and returned; no secret is ever passed here (I4). Any thread.
#pragma once

#include <fmt/core.h>
#include <string>
#include <string_view>

namespace tandem::log {

enum class Level { debug, info, warning, error, off };

// Where lines go and from which level on. Until called: warnings and errors to standard error.
void start(Level level, const std::string& file = "");
[[nodiscard]] bool enabled(Level level);
// One finished line. `text` is made printable: bytes from outside cannot forge a second line.
void write(Level level, std::string_view id, std::string_view text);

template <class... Args>
void debug(std::string_view id, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::debug))
    write(Level::debug, id, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view id, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, id, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(std::string_view id, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::warning))
    write(Level::warning, id, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view id, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::error))
    write(Level::error, id, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace tandem::log
