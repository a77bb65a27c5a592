// PROXY headers of both versions: whole, at every split, with what comes behind them, wrong.
#include "lib/protocol/proxy_header.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace tandem;

namespace {

using State = ProxyHeaderReader::State;

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
// 198.51.100.7:56324 to 192.0.2.1:25.
constexpr std::string_view four("\xc6\x33\x64\x07\xc0\x00\x02\x01\xdc\x04\x00\x19", 12);
// 2001:db8::7 port 56324 to 2001:db8::1 port 993.
constexpr std::string_view six(
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
    "\xdc\x04\x03\xe1",
    36);
constexpr char proxied = 0x21;
constexpr char local = 0x20;

std::string binary(char command, char family, std::string_view rest) {
  std::string header(signature);
  header += command;
  header += family;
  header += static_cast<char>(rest.size() >> 8U);
  header += static_cast<char>(rest.size() & 0xffU);
  return header.append(rest);
}

std::string tlv(char type, std::string_view value) {
  std::string bytes(1, type);
  bytes += static_cast<char>(value.size() >> 8U);
  bytes += static_cast<char>(value.size() & 0xffU);
  return bytes.append(value);
}

struct Read {
  ProxyHeaderReader reader;
  std::size_t taken = 0;
};

// What a driver does: reads no more than it is asked to, pieces ending at `split` and everywhere
// after each `step`.
Read read_all(std::string_view bytes, std::size_t split, std::size_t step = 65536) {
  Read read;
  while (read.reader.wanted() > 0 && read.taken < bytes.size()) {
    std::size_t size = std::min({read.reader.wanted(), step, bytes.size() - read.taken});
    if (read.taken < split) size = std::min(size, split - read.taken);
    read.reader.feed(bytes.substr(read.taken, size));
    read.taken += size;
  }
  return read;
}

// At every split, and one byte at a time, with nothing and with mail behind it.
void check_header(std::string_view header, const std::optional<ProxiedClient>& client) {
  for (const std::string_view behind :
       {"", "EHLO a.example\r\n", "PROXY TCP4 1.1.1.1 2.2.2.2 3 4\r\n"})
    for (std::size_t split = 0; split <= header.size(); ++split)
      for (const std::size_t step : {std::size_t{1}, std::size_t{65536}}) {
        const std::string bytes = std::string(header).append(behind);
        const Read read = read_all(bytes, split, step);
        CAPTURE(split, step, behind);
        REQUIRE(read.reader.state() == State::done);
        REQUIRE(read.taken == header.size());
        REQUIRE(read.reader.client() == client);
        REQUIRE(read.reader.wanted() == 0);
      }
  for (std::size_t cut = 0; cut < header.size(); ++cut)
    REQUIRE(read_all(header.substr(0, cut), 0).reader.state() == State::reading);
}

State state_after(std::string_view bytes) {
  return read_all(bytes, 0).reader.state();
}

const ProxiedClient client4{"198.51.100.7", 56324};
const ProxiedClient client6{"2001:db8::7", 56324};

}  // namespace

TEST_CASE("T-23 a PROXY line is read to its end and no further, at every split", "[T-23]") {
  check_header("PROXY TCP4 198.51.100.7 192.0.2.1 56324 25\r\n", client4);
  check_header("PROXY TCP6 2001:DB8:0::7 2001:db8::1 56324 993\r\n", client6);
  check_header("PROXY TCP6 ::ffff:198.51.100.7 ::ffff:192.0.2.1 56324 25\r\n", client4);
  check_header("PROXY TCP4 1.1.1.1 1.1.1.1 0 0\r\n", ProxiedClient{"1.1.1.1", 0});
  check_header("PROXY UNKNOWN\r\n", std::nullopt);
  check_header("PROXY UNKNOWN anything at\rall 1 2 3\r\n", std::nullopt);
}

TEST_CASE("T-23 a binary PROXY header is read to its end and no further, at every split",
          "[T-23]") {
  check_header(binary(proxied, 0x11, four), client4);
  check_header(binary(proxied, 0x21, six), client6);
  const std::string mapped = std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) + "\xc6\x33\x64\x07" +
                             std::string(16, '\0') + "\xdc\x04" + std::string("\0\x19", 2);
  check_header(binary(proxied, 0x21, mapped), client4);
  check_header(binary(proxied, 0x00, ""), std::nullopt);
  check_header(binary(proxied, 0x31, std::string(216, 'x')), std::nullopt);
}

TEST_CASE("a balancer speaks for itself by LOCAL, whatever else its header holds") {
  check_header(binary(local, 0x00, ""), std::nullopt);
  check_header(binary(local, 0x11, four), std::nullopt);
  check_header(binary(local, 0x7f, "not addresses"), std::nullopt);
}

TEST_CASE("T-23 TLVs are skipped when they add up, and a CRC32C must be right", "[T-23]") {
  const std::string unique = tlv(0x05, "abc");
  check_header(binary(proxied, 0x11, std::string(four) + unique + tlv(0x01, "imap")), client4);
  check_header(binary(proxied, 0x11, std::string(four) + tlv(0x04, "") + unique), client4);

  // The sum was computed by another program.
  const std::string sum("\x93\xaa\xa6\x13", 4);
  const std::string right = binary(proxied, 0x11, std::string(four) + unique + tlv(0x03, sum));
  check_header(right, client4);
  const std::size_t type = right.size() - 7;  // another one there, and nothing is a checksum
  for (std::size_t at = signature.size() + 4; at < right.size(); ++at) {
    if (at == type) continue;
    std::string wrong = right;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    CAPTURE(at);
    CHECK(state_after(wrong) == State::broken);
  }
  CHECK(state_after(binary(proxied, 0x11, std::string(four) + tlv(0x03, "abc"))) == State::broken);

  for (const std::string_view cut : {std::string_view("\x05", 1), std::string_view("\x05\x00", 2),
                                     std::string_view("\x05\x00\x04xyz", 6)})
    CHECK(state_after(binary(proxied, 0x11, std::string(four).append(cut))) == State::broken);
}

TEST_CASE("T-23 a PROXY header is bounded before it is held", "[T-23]") {
  const std::string most = tlv(0x05, std::string(ProxyHeaderReader::longest - 16 - 12 - 3, 'x'));
  CHECK(state_after(binary(proxied, 0x11, std::string(four) + most)) == State::done);
  const std::string more = tlv(0x05, std::string(ProxyHeaderReader::longest - 16 - 12 - 2, 'x'));
  const Read refused = read_all(binary(proxied, 0x11, std::string(four) + more), 0);
  CHECK(refused.reader.state() == State::broken);
  CHECK(refused.taken == 16);  // its length alone was enough
  CHECK(state_after(std::string(signature) + "\x21\x11\xff\xff") == State::broken);
  CHECK(state_after(std::string(signature) + std::string("\x21\x11\x00\x0b", 4) +
                    std::string(four.substr(0, 11))) == State::broken);

  const std::string longest = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
  CHECK(longest.size() == 107);
  CHECK(state_after(longest) == State::done);
  CHECK(state_after("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n") == State::broken);
  CHECK(state_after("PROXY UNKNOWN " + std::string(65536, 'x')) == State::broken);
}

TEST_CASE("T-21 what is no PROXY header is none, and no byte of it becomes an address", "[T-21]") {
  const std::string_view wrong[] = {
      "EHLO client.example\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      "\r\n\r\n\r\nQUIT\r\n.....",
      "PROXY TCP4\r\n",
      "PROXY  TCP4 1.1.1.1 2.2.2.2 3 4\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 3 4 \r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 3 4\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 3 4\r\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 3\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 03 4\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 3 65536\r\n",
      "PROXY TCP4 1.1.1.1 2.2.2.2 +3 4\r\n",
      "PROXY TCP4 1.1.1 2.2.2.2 3 4\r\n",
      "PROXY TCP4 01.1.1.1 2.2.2.2 3 4\r\n",
      "PROXY TCP4 ::1 ::1 3 4\r\n",
      "PROXY TCP6 1.1.1.1 2.2.2.2 3 4\r\n",
      "PROXY TCP6 fe80::1%eth0 ::1 3 4\r\n",
      std::string_view("PROXY TCP4 1.1.1.1\0.example 2.2.2.2 3 4\r\n", 41),
      "PROXY TCP4 mail.example 2.2.2.2 3 4\r\n",
      "PROXY UNKNOWNX 1.1.1.1 2.2.2.2 3 4\r\n",
      "PROXY UDP4 1.1.1.1 2.2.2.2 3 4\r\n",
      "proxy TCP4 1.1.1.1 2.2.2.2 3 4\r\n"};
  for (const std::string_view bytes : wrong) {
    CAPTURE(bytes);
    const Read read = read_all(bytes, 0);
    CHECK(read.reader.state() == State::broken);
    CHECK_FALSE(read.reader.reason().empty());
    CHECK_FALSE(read.reader.client());
  }
  CHECK(state_after(binary(0x31, 0x11, four)) == State::broken);  // version 3
  CHECK(state_after(binary(0x22, 0x11, four)) == State::broken);  // an unknown command
  CHECK(state_after(binary(proxied, 0x12, four)) == State::broken);
  CHECK(state_after(binary(proxied, 0x41, four)) == State::broken);
}

TEST_CASE("the beginning of a PROXY header is told from what clients begin with") {
  CHECK(begins_like_proxy_header("PROXY"));
  CHECK(begins_like_proxy_header("PROXY TCP4 1.1.1.1"));
  CHECK(begins_like_proxy_header(signature));
  CHECK(begins_like_proxy_header(signature.substr(0, 5)));
  for (const std::string_view other :
       {"", "PROX", "EHLO a\r\n", "PROXYING\r\n", "\r\n\r\n", "a LOGIN b c\r\n"})
    CHECK_FALSE(begins_like_proxy_header(other));
}
