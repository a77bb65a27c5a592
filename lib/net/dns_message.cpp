#include "lib/net/dns_message.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <optional>

#include <ares.h>

#include "lib/base/text.hpp"
#include "lib/net/socket_address.hpp"

namespace tandem::net {
namespace {

constexpr std::size_t header_size = 12;
constexpr int class_in = 1;
constexpr int edns_size = 1232;            // fits any path without fragments
constexpr std::size_t most_records = 500;  // more than a 64 KiB message of use holds

std::unexpected<Error> malformed() {
  return fail(Error{.kind = ErrorKind::protocol,
                    .what = "a malformed DNS answer",
                    .origin = Origin::other,
                    .temporary = true});
}

// Reads a message from front to back; every step fails once one has.
class Cursor {
 public:
  explicit Cursor(std::string_view message) : message_(message) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t at() const { return at_; }
  void move_to(std::size_t place) { at_ = place; }

  std::uint32_t number(int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value = (value << 8) | byte();
    return value;
  }

  std::string name() {
    const auto* start = reinterpret_cast<const unsigned char*>(message_.data());
    char* expanded = nullptr;
    long used = 0;
    if (!good_ || at_ >= message_.size() ||
        ares_expand_name(start + at_, start, static_cast<int>(message_.size()), &expanded, &used) !=
            ARES_SUCCESS) {
      good_ = false;
      return {};
    }
    at_ += static_cast<std::size_t>(used);
    std::string name = lower(expanded);
    ares_free_string(expanded);
    return name;
  }

  std::string_view bytes(std::size_t count) {
    if (!good_ || count > message_.size() - at_) {
      good_ = false;
      return {};
    }
    at_ += count;
    return message_.substr(at_ - count, count);
  }

 private:
  unsigned char byte() {
    const auto one = bytes(1);
    return one.empty() ? 0 : static_cast<unsigned char>(one.front());
  }

  std::string_view message_;
  std::size_t at_ = 0;
  bool good_ = true;
};

std::string address_text(int family, std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, bytes.data(), text, sizeof text);
  return text;
}

std::string joined_strings(std::string_view data) {
  std::string text;
  while (!data.empty()) {
    const auto size = static_cast<unsigned char>(data.front());
    data.remove_prefix(1);
    text += data.substr(0, size);
    data.remove_prefix(std::min<std::size_t>(size, data.size()));
  }
  return text;
}

// The record's own part, `size` bytes at the cursor. False: of a type that is left out.
bool read_data(Cursor& cursor, DnsRecord& record, std::size_t size) {
  switch (record.type) {
    case DnsType::a:
      if (size != 4) return false;
      record.data = address_text(AF_INET, cursor.bytes(4));
      return cursor.good();
    case DnsType::aaaa:
      if (size != 16) return false;
      record.data = address_text(AF_INET6, cursor.bytes(16));
      return cursor.good();
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr: record.data = cursor.name(); return cursor.good();
    case DnsType::mx:
      record.preference = static_cast<std::uint16_t>(cursor.number(2));
      record.data = cursor.name();
      return cursor.good();
    case DnsType::txt: record.data = joined_strings(cursor.bytes(size)); return cursor.good();
    case DnsType::soa:
      record.data = cursor.name();
      (void)cursor.name();        // the mailbox
      (void)cursor.bytes(4 * 4);  // serial, refresh, retry, expire
      record.minimum = cursor.number(4);
      return cursor.good();
  }
  return false;
}

void read_section(Cursor& cursor, std::uint32_t count, std::vector<DnsRecord>& into) {
  for (std::uint32_t i = 0; i < count && cursor.good(); ++i) {
    DnsRecord record;
    record.name = cursor.name();
    record.type = static_cast<DnsType>(cursor.number(2));
    const std::uint32_t record_class = cursor.number(2);
    record.ttl = cursor.number(4);
    const std::size_t size = cursor.number(2);
    const std::size_t start = cursor.at();
    if (cursor.bytes(size).size() != size) return;
    cursor.move_to(start);
    const bool kept = record_class == class_in && read_data(cursor, record, size);
    const bool fits = cursor.at() <= start + size;
    cursor.move_to(start + size);
    if (kept && fits && into.size() < most_records) into.push_back(std::move(record));
  }
}

bool is_domain_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return false;
  return std::ranges::all_of(split(name, '.'), [](std::string_view label) {
    return !label.empty() && label.size() <= 63 &&
           std::ranges::all_of(label, [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
  });
}

}  // namespace

std::vector<DnsRecord> DnsAnswer::of(DnsType type) const {
  std::vector<DnsRecord> found;
  for (const auto& record : answers) {
    if (record.type == type) found.push_back(record);
  }
  return found;
}

Result<std::string> make_dns_query(const std::string& name, DnsType type, std::uint16_t id,
                                   bool recursive) {
  unsigned char* bytes = nullptr;
  int size = 0;
  if (!is_domain_name(name) ||
      ares_create_query(name.c_str(), class_in, static_cast<int>(type), id, recursive ? 1 : 0,
                        &bytes, &size, edns_size) != ARES_SUCCESS) {
    return fail(ErrorKind::invalid, "not a domain name: " + printable(name));
  }
  std::string query(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  ares_free_string(bytes);
  return query;
}

Result<DnsAnswer> parse_dns_answer(std::string_view message, std::string_view query) {
  if (message.size() < header_size || query.size() < header_size) return malformed();
  Cursor cursor(message);
  Cursor asked(query);
  const bool same_id = cursor.number(2) == asked.number(2);
  const std::uint32_t flags = cursor.number(2);
  const std::uint32_t questions = cursor.number(2);
  const std::uint32_t answers = cursor.number(2);
  const std::uint32_t authority = cursor.number(2);
  constexpr std::uint32_t is_answer = 0x8000;
  if (!same_id || (flags & is_answer) == 0 || questions != 1) return malformed();
  cursor.move_to(header_size);
  asked.move_to(header_size);
  const std::string name = cursor.name();
  const std::uint32_t type_and_class = cursor.number(4);
  if (!cursor.good() || name != asked.name() || type_and_class != asked.number(4)) {
    return malformed();
  }
  DnsAnswer answer;
  answer.code = static_cast<int>(flags & 0xf);
  answer.authoritative = (flags & 0x0400) != 0;
  answer.truncated = (flags & 0x0200) != 0;
  if (answer.truncated) return answer;  // what it carries is not the whole
  read_section(cursor, answers, answer.answers);
  if (cursor.good()) read_section(cursor, authority, answer.authority);
  if (!cursor.good()) return malformed();
  return answer;
}

std::string reverse_name(const std::string& address) {
  const auto raw = detail::to_raw({address, 0});
  if (!raw) return {};
  const std::string shown = detail::from_raw(*raw).address;
  in_addr four{};
  if (inet_pton(AF_INET, shown.c_str(), &four) == 1) {
    const auto* b = reinterpret_cast<const unsigned char*>(&four);
    return fmt::format("{}.{}.{}.{}.in-addr.arpa", b[3], b[2], b[1], b[0]);
  }
  in6_addr six{};
  inet_pton(AF_INET6, shown.c_str(), &six);
  std::string name;
  for (int i = 15; i >= 0; --i) {
    const unsigned char byte = six.s6_addr[i];
    name += fmt::format("{:x}.{:x}.", byte & 0xf, byte >> 4);
  }
  return name + "ip6.arpa";
}

}  // namespace tandem::net
