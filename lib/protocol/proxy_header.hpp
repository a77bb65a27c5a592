// The PROXY protocol's header, versions 1 (a line) and 2 (binary), as HAProxy's document
// "The PROXY protocol, versions 1 & 2" (2020-03-05) describes it: what a balancer says, before
// anything else, about the client it speaks for.
//
// The reader asks for no byte that may lie behind the header: what follows, TLS or a command, stays
// where it is, in the same segment or not (T-23). Version 2's TLVs are skipped, but must add up; a
// CRC32C among them must be right. Whose header is believed is not decided here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

// The address a header speaks for, as text: "192.0.2.1", "2001:db8::1" (IPv4 inside of IPv6 as
// IPv4).
struct ProxiedClient {
  std::string address;
  std::uint16_t port = 0;
  bool operator==(const ProxiedClient&) const = default;
};

class ProxyHeaderReader {
 public:
  enum class State : std::uint8_t {
    reading,  // the header goes on: feed it what wanted() says
    done,     // client() is known; the next byte is the connection's first
    broken,   // no header, or a wrong one: the connection is to be closed; reason() says why
  };
  // A header of version 2 that announces more is refused; version 1 has its own limit of 107.
  static constexpr std::size_t longest = 2048;

  // How many bytes to read next, at most: all of them belong to the header. 0: not reading.
  [[nodiscard]] std::size_t wanted() const;
  // At most wanted() bytes.
  void feed(std::string_view bytes);

  [[nodiscard]] State state() const { return state_; }
  // When done. Nothing: the balancer speaks for itself (LOCAL, UNKNOWN, a socket of its machine):
  // the connection's own address stands.
  [[nodiscard]] const std::optional<ProxiedClient>& client() const { return client_; }
  [[nodiscard]] std::string_view reason() const {
    return reason_;
  }  // when broken; ours, no bytes of theirs
  [[nodiscard]] bool empty() const { return header_.empty(); }  // nothing came yet

 private:
  void look();
  void look_at_line();
  void look_at_binary();
  void read_line(std::string_view line);
  void read_binary();
  [[nodiscard]] bool tlvs_add_up(std::size_t from);
  void finish(std::optional<ProxiedClient> client);
  void give_up(std::string_view reason);

  std::string header_;
  State state_ = State::reading;
  std::optional<ProxiedClient> client_;
  std::string_view reason_;
};

// Whether a connection that begins with these bytes (five are enough) begins with a header, so that
// one from an address nobody trusts is told from a client's words. No mail protocol begins so.
[[nodiscard]] bool begins_like_proxy_header(std::string_view bytes);

}  // namespace tandem
