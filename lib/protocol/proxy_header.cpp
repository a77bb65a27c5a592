#include "lib/protocol/proxy_header.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <vector>

#include "lib/base/text.hpp"

namespace tandem {
namespace {

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view line_begin = "PROXY ";
constexpr std::size_t longest_line = 107;  // with CRLF; section 2.1
constexpr std::size_t first_read = 12;     // the signature, and less than the shortest line
constexpr std::size_t fixed_part = 16;     // of version 2: signature, command, family, length
constexpr std::size_t tlv_head = 3;
constexpr std::uint8_t tlv_crc32c = 0x03;
constexpr std::size_t told_apart = 5;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}

// The one spelling of an address; `bytes` has 4 or 16.
std::string address_of(std::string_view bytes) {
  constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (bytes.size() == 16 && bytes.starts_with(mapped)) bytes.remove_prefix(mapped.size());
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

std::optional<std::string> address_in(std::string_view word, int family) {
  constexpr std::string_view letters = "0123456789abcdefABCDEF:.";
  if (word.find_first_not_of(letters) != std::string_view::npos) return std::nullopt;
  std::array<char, 16> bytes{};
  if (inet_pton(family, std::string(word).c_str(), bytes.data()) != 1) return std::nullopt;
  return address_of({bytes.data(), family == AF_INET ? 4U : 16U});
}

std::optional<std::uint16_t> port_in(std::string_view word) {
  if (word.size() > 1 && word.front() == '0') return std::nullopt;
  const auto number = parse_number(word);
  if (!number || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

// CRC-32C (Castagnoli), of the header with the checksum's own bytes as zero.
std::uint32_t crc32c(std::string_view bytes, std::size_t zero_from) {
  constexpr std::uint32_t polynomial = 0x82f63b78;
  std::uint32_t sum = ~0U;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i < zero_from || i >= zero_from + 4) sum ^= byte_at(bytes, i);
    for (int bit = 0; bit < 8; ++bit) sum = (sum & 1U) != 0 ? sum >> 1U ^ polynomial : sum >> 1U;
  }
  return ~sum;
}

// How many bytes the addresses of a family take, and where both addresses' bytes are.
struct Family {
  std::uint8_t code = 0;
  std::size_t size = 0;     // of the address block
  std::size_t address = 0;  // bytes of one address; 0: none that we could use
};
// Unspecified; TCP over IPv4, over IPv6; a stream socket of the machine. UDP has no place here.
constexpr Family families[] = {{0x00, 0, 0}, {0x11, 12, 4}, {0x21, 36, 16}, {0x31, 216, 0}};

}  // namespace

bool begins_like_proxy_header(std::string_view bytes) {
  if (bytes.size() < told_apart) return false;
  return bytes.starts_with(line_begin.substr(0, std::min(bytes.size(), line_begin.size()))) ||
         bytes.starts_with(signature.substr(0, std::min(bytes.size(), signature.size())));
}

std::size_t ProxyHeaderReader::wanted() const {
  if (state_ != State::reading) return 0;
  if (header_.size() < first_read) return first_read - header_.size();
  // At least its CRLF is still to come.
  if (header_.starts_with(line_begin)) return header_.ends_with('\r') ? 1 : 2;
  const std::size_t whole =
      header_.size() < fixed_part ? fixed_part : fixed_part + number_at(header_, fixed_part - 2);
  return whole - header_.size();
}

void ProxyHeaderReader::feed(std::string_view bytes) {
  if (state_ != State::reading) return;
  header_ += bytes;
  look();
}

void ProxyHeaderReader::look() {
  const std::string_view begin(header_.data(), std::min(header_.size(), signature.size()));
  if (signature.starts_with(begin)) return look_at_binary();
  if (begin.starts_with(line_begin.substr(0, std::min(begin.size(), line_begin.size()))))
    return look_at_line();
  give_up("it does not begin with a PROXY header");
}

void ProxyHeaderReader::look_at_line() {
  const std::size_t end = header_.find('\n');
  if (end == std::string::npos) {
    if (header_.size() >= longest_line) give_up("the line of its PROXY header does not end");
    return;
  }
  if (end + 1 != header_.size() || end == 0 || header_[end - 1] != '\r' ||
      header_.size() > longest_line)
    return give_up("the line of its PROXY header does not end as it should");
  read_line(std::string_view(header_).substr(0, end - 1));
}

void ProxyHeaderReader::read_line(std::string_view line) {
  const auto words = split(line, ' ');
  if (words[1] == "UNKNOWN") return finish(std::nullopt);  // whatever follows
  const bool four = words[1] == "TCP4";
  if ((!four && words[1] != "TCP6") || words.size() != 6)
    return give_up("its PROXY header is not of the form PROXY TCP4 address address port port");
  const int family = four ? AF_INET : AF_INET6;
  auto from = address_in(words[2], family);
  const auto port = port_in(words[4]);
  if (!from || !address_in(words[3], family) || !port || !port_in(words[5]))
    return give_up("an address or a port in its PROXY header is none");
  finish(ProxiedClient{std::move(*from), *port});
}

void ProxyHeaderReader::look_at_binary() {
  if (header_.size() < fixed_part) return;
  const std::size_t length = number_at(header_, fixed_part - 2);
  if (fixed_part + length > longest) return give_up("its PROXY header announces too many bytes");
  if (header_.size() == fixed_part + length) read_binary();
}

void ProxyHeaderReader::read_binary() {
  const std::uint8_t command = byte_at(header_, 12);
  if (command == 0x20) return finish(std::nullopt);  // LOCAL: the rest means nothing
  if (command != 0x21) return give_up("the version or command of its PROXY header is not known");
  const auto* const family = std::ranges::find(families, byte_at(header_, 13), &Family::code);
  if (family == std::end(families)) return give_up("its PROXY header is not about TCP");
  const std::string_view block = std::string_view(header_).substr(fixed_part);
  if (block.size() < family->size) return give_up("its PROXY header is shorter than its addresses");
  if (!tlvs_add_up(fixed_part + family->size)) return;
  if (family->address == 0) return finish(std::nullopt);
  finish(ProxiedClient{address_of(block.substr(0, family->address)),
                       number_at(block, 2 * family->address)});
}

bool ProxyHeaderReader::tlvs_add_up(std::size_t from) {
  const std::string_view header = header_;
  while (from < header.size()) {
    if (header.size() - from < tlv_head ||
        header.size() - from - tlv_head < number_at(header, from + 1)) {
      give_up("the parts of its PROXY header do not add up");
      return false;
    }
    const std::size_t value = from + tlv_head;
    const std::size_t size = number_at(header, from + 1);
    if (byte_at(header, from) == tlv_crc32c) {
      const bool right =
          size == 4 && crc32c(header, value) == (std::uint32_t{number_at(header, value)} << 16U |
                                                 number_at(header, value + 2));
      if (!right) {
        give_up("the checksum of its PROXY header is wrong");
        return false;
      }
    }
    from = value + size;
  }
  return true;
}

void ProxyHeaderReader::finish(std::optional<ProxiedClient> client) {
  client_ = std::move(client);
  state_ = State::done;
  std::string().swap(header_);
}

void ProxyHeaderReader::give_up(std::string_view reason) {
  reason_ = reason;
  state_ = State::broken;
}

}  // namespace tandem
