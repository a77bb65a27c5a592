#include "lib/net/http/head.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

#include "lib/base/text.hpp"

namespace tandem::net::http_detail {
namespace {

bool is_token_char(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

bool is_value_char(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

bool is_ours(std::string_view name) {
  constexpr std::string_view names[] = {"Content-Length", "Transfer-Encoding", "Connection", "Date",
                                        "Host"};
  return std::ranges::any_of(names, [name](std::string_view own) { return iequals(own, name); });
}

}  // namespace

Result<void> check(const HttpHeaders& headers) {
  for (const auto& [name, value] : headers.all()) {
    if (name.empty() || !std::ranges::all_of(name, is_token_char) || is_ours(name) ||
        !std::ranges::all_of(value, is_value_char)) {
      return fail(ErrorKind::invalid, "not a header field to be set: " + printable(name));
    }
  }
  return {};
}

std::string lines_of(const HttpHeaders& headers) {
  std::string lines;
  for (const auto& [name, value] : headers.all()) lines += fmt::format("{}: {}\r\n", name, value);
  return lines;
}

// RFC 9110 5.6.7
std::string http_date(WallTime time) {
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace tandem::net::http_detail
