#include "app/password_input.hpp"

#include <fmt/core.h>
#include <iostream>
#include <string>
#include <termios.h>
#include <unistd.h>

#include "config/secret_file.hpp"

namespace tandem::app {
namespace {

// The terminal does not show what is typed while this exists.
class NoEcho {
 public:
  NoEcho() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (changed_) (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

Secret read_line() {
  std::string line;
  std::getline(std::cin, line);
  if (line.ends_with('\r')) line.pop_back();
  return Secret(std::move(line));
}

Secret ask(std::string_view prompt) {
  fmt::print(stderr, "{}", prompt);
  const NoEcho quiet;
  Secret typed = read_line();
  fmt::print(stderr, "\n");
  return typed;
}

}  // namespace

Result<Secret> read_password(const Arguments& arguments) {
  if (arguments.has("password-file"))
    return config::read_secret_line(arguments.get("password-file"));
  if (isatty(STDIN_FILENO) == 0) return read_line();
  Secret first = ask("Password: ");
  if (first == ask("Once more: ")) return first;
  return fail(ErrorKind::invalid, "the two passwords differ; nothing was changed");
}

}  // namespace tandem::app
