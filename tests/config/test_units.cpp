// Sizes, times, flags, listen addresses, domains.
#include <catch2/catch.hpp>

#include "config/units.hpp"

namespace tandem::config {

TEST_CASE("sizes have binary units and no overflow") {
  CHECK(parse_size("512") == 512);
  CHECK(parse_size("64K") == 65536);
  CHECK(parse_size(" 100 MB ") == 104857600);
  CHECK(parse_size("1GiB") == 1073741824);
  CHECK(parse_size("8388607T") == 8388607ULL << 40);
  for (const auto* bad : {"", "M", "1.5M", "-1", "1 X", "8388608T", "99999999999999999999", "1M 2"})
    CHECK_FALSE(parse_size(bad).has_value());
}

TEST_CASE("times need a unit") {
  using namespace std::chrono_literals;
  CHECK(parse_duration("500ms") == Duration{500});
  CHECK(parse_duration("30s") == Duration{30s});
  CHECK(parse_duration("5 min") == Duration{5min});
  CHECK(parse_duration("2h") == Duration{2h});
  CHECK(parse_duration("4d") == Duration{96h});
  CHECK(parse_duration("0") == Duration{0});
  for (const auto* bad : {"", "30", "s", "1w", "999999999999999999d"})
    CHECK_FALSE(parse_duration(bad).has_value());
}

TEST_CASE("flags are words people write") {
  for (const auto* yes : {"yes", "TRUE", "on", "1"}) CHECK(parse_flag(yes) == true);
  for (const auto* no : {"no", "False", "off", "0"}) CHECK(parse_flag(no) == false);
  for (const auto* bad : {"", "ja", "2", "yes no"}) CHECK_FALSE(parse_flag(bad).has_value());
}

TEST_CASE("listen addresses are addresses with a port") {
  CHECK(parse_listen("192.0.2.1:25") == ListenAddress{"192.0.2.1", 25});
  CHECK(parse_listen("[2001:DB8::1]:143") == ListenAddress{"2001:db8::1", 143});
  CHECK(parse_listen(":0") == ListenAddress{"::", 0});
  CHECK(parse_listen("*:8080") == ListenAddress{"::", 8080});
  for (const auto* bad : {"", "25", "::1:25", "[127.0.0.1]:25", "localhost:25", "1.2.3.4:65536",
                          "1.2.3.4:", "1.2.3.4:x", "[]:1", "256.0.0.1:1"})
    CHECK_FALSE(parse_listen(bad).has_value());
}

TEST_CASE("domains become lower-case ASCII") {
  CHECK(parse_domain("Example.CO.jp.") == "example.co.jp");
  CHECK(parse_domain("例え.jp") == "xn--r8jz45g.jp");
  CHECK(parse_domain("localhost", true) == "localhost");
  const std::string long_label(64, 'a');
  for (const auto& bad :
       {std::string{}, std::string("localhost"), std::string("a..jp"), std::string("-a.jp"),
        std::string("a b.jp"), std::string("a@b.jp"), long_label + ".jp",
        std::string("a.jp\n"
                    "x")})
    CHECK_FALSE(parse_domain(bad).has_value());
}

TEST_CASE("lists drop empty parts") {
  CHECK(parse_list(" a, b ,,c ") == std::vector<std::string>{"a", "b", "c"});
  CHECK(parse_list("").empty());
}

}  // namespace tandem::config
