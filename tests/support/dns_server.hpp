// A DNS server for tests, on a loopback port of the kernel's choice (UDP and TCP), with a thread of
// its own. It answers from records added before or while it runs, or misbehaves as told.
#pragma once

#include <arpa/inet.h>
#include <map>
#include <mutex>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

#include "lib/base/text.hpp"
#include "lib/net/dns_message.hpp"
#include "lib/net/socket_address.hpp"

namespace tandem::test {

enum class DnsMood {
  scripted,   // as the records say
  failing,    // "server failure"
  silent,     // nothing
  forged,     // garbage and an answer to another question go before the right one
  truncated,  // over UDP only the notice that it does not fit
};

class DnsServer {
 public:
  DnsServer() {
    stop_ = eventfd(0, EFD_CLOEXEC);
    while (!bind_both()) {
    }
    thread_ = std::thread([this] { serve(); });
  }
  ~DnsServer() {
    eventfd_write(stop_, 1);
    thread_.join();
    for (const int descriptor : {udp_, tcp_, stop_}) ::close(descriptor);
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  [[nodiscard]] net::SocketAddress address() const { return address_; }

 private:
  // The kernel's choice for UDP; false: for TCP somebody else has that port.
  bool bind_both() {
    udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto any = net::detail::to_raw({"127.0.0.1", 0});
    if (::bind(udp_, any->get(), any->size) != 0) throw std::runtime_error("no UDP port");
    address_ = net::detail::local_address_of(udp_);
    const auto same = net::detail::to_raw(address_);
    if (::bind(tcp_, same->get(), same->size) == 0 && ::listen(tcp_, 5) == 0) return true;
    ::close(udp_);
    ::close(tcp_);
    return false;
  }

 public:
  // `data`: an address, a name or a text, as the type wants. A name without any record does not
  // exist. `name` in lower case.
  void add(const std::string& name, net::DnsType type, const std::string& data,
           std::uint32_t ttl = 300, std::uint16_t preference = 10) {
    const std::scoped_lock lock(mutex_);
    records_.emplace(name, Record{type, wire_data(type, data, preference), ttl});
  }
  void clear() {
    const std::scoped_lock lock(mutex_);
    records_.clear();
  }
  void behave(DnsMood mood) {
    const std::scoped_lock lock(mutex_);
    mood_ = mood;
  }
  [[nodiscard]] int questions() const {
    const std::scoped_lock lock(mutex_);
    return questions_;
  }

 private:
  struct Record {
    net::DnsType type;
    std::string data;
    std::uint32_t ttl;
  };

  static std::string number(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
  }

  static std::string wire_name(const std::string& name) {
    std::string wire;
    if (!name.empty()) {
      for (const auto label : split(name, '.')) {
        wire += static_cast<char>(label.size());
        wire += label;
      }
    }
    return wire + '\0';
  }

  static std::string wire_data(net::DnsType type, const std::string& data,
                               std::uint16_t preference) {
    char address[16];
    switch (type) {
      case net::DnsType::a:
        inet_pton(AF_INET, data.c_str(), address);
        return std::string(address, 4);
      case net::DnsType::aaaa:
        inet_pton(AF_INET6, data.c_str(), address);
        return std::string(address, 16);
      case net::DnsType::mx: return number(preference, 2) + wire_name(data);
      case net::DnsType::soa:
        return wire_name(data) + wire_name("hostmaster." + data) + std::string(16, '\0') +
               number(60, 4);
      case net::DnsType::txt: {
        std::string wire;
        for (std::size_t at = 0; at < data.size(); at += 255) {
          const std::string part = data.substr(at, 255);
          wire += static_cast<char>(part.size()) + part;
        }
        return wire;
      }
      default: return wire_name(data);
    }
  }

  static std::string name_in(const std::string& question, std::size_t& at) {
    std::string name;
    while (at < question.size() && question[at] != 0) {
      const auto size = static_cast<unsigned char>(question[at]);
      if (!name.empty()) name += '.';
      name += question.substr(at + 1, size);
      at += size + 1U;
    }
    ++at;
    return lower(name);
  }

  std::string answer_to(const std::string& question, bool udp) {
    const std::scoped_lock lock(mutex_);
    ++questions_;
    std::size_t at = 12;
    const std::string name = name_in(question, at);
    if (at + 4 > question.size()) return {};
    const auto type = static_cast<net::DnsType>(static_cast<unsigned char>(question[at]) * 256 +
                                                static_cast<unsigned char>(question[at + 1]));
    std::string body;
    std::uint32_t count = 0;
    for (auto [found, end] = records_.equal_range(name); found != end; ++found) {
      const auto& record = found->second;
      if (record.type != type) continue;
      ++count;
      body += number(0xc00c, 2) + number(static_cast<std::uint32_t>(type), 2) + number(1, 2) +
              number(record.ttl, 4) + number(static_cast<std::uint32_t>(record.data.size()), 2) +
              record.data;
    }
    std::uint32_t flags = 0x8180;
    if (!records_.contains(name)) flags |= 3;
    if (mood_ == DnsMood::failing) flags |= 2;
    if (mood_ == DnsMood::truncated && udp) {
      flags |= 0x0200;
      body.clear();
      count = 0;
    }
    return question.substr(0, 2) + number(flags, 2) + number(1, 2) + number(count, 2) +
           number(0, 4) + question.substr(12, at + 4 - 12) + body;
  }

  [[nodiscard]] DnsMood mood() const {
    const std::scoped_lock lock(mutex_);
    return mood_;
  }

  void serve_udp() {
    std::string room(2048, '\0');
    net::detail::RawAddress peer;
    peer.size = sizeof peer.storage;
    const ssize_t size = ::recvfrom(udp_, room.data(), room.size(), 0, peer.get(), &peer.size);
    if (size < 12) return;
    room.resize(static_cast<std::size_t>(size));
    const std::string answer = answer_to(room, true);
    const auto send = [&](const std::string& bytes) {
      ::sendto(udp_, bytes.data(), bytes.size(), 0, peer.get(), peer.size);
    };
    if (mood() == DnsMood::silent) return;
    if (mood() == DnsMood::forged) {
      send("garbage");
      std::string other = answer;
      other[0] = static_cast<char>(other[0] + 1);  // another id
      other[other.size() - 1] = 66;
      send(other);
      send(answer.substr(0, answer.size() / 2));
    }
    send(answer);
  }

  void serve_tcp() {
    const int client = ::accept(tcp_, nullptr, nullptr);
    unsigned char size[2];
    if (::recv(client, size, 2, MSG_WAITALL) == 2) {
      std::string question(size[0] * 256U + size[1], '\0');
      ::recv(client, question.data(), question.size(), MSG_WAITALL);
      const std::string answer = answer_to(question, false);
      const std::string framed = number(static_cast<std::uint32_t>(answer.size()), 2) + answer;
      ::send(client, framed.data(), framed.size(), MSG_NOSIGNAL);
    }
    ::close(client);
  }

  void serve() {
    for (;;) {
      pollfd waiting[] = {{stop_, POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
      ::poll(waiting, 3, -1);
      if (waiting[0].revents != 0) return;
      if (waiting[1].revents != 0) serve_udp();
      if (waiting[2].revents != 0) serve_tcp();
    }
  }

  net::SocketAddress address_;
  int udp_ = -1;
  int tcp_ = -1;
  int stop_ = -1;
  mutable std::mutex mutex_;
  std::multimap<std::string, Record> records_;
  DnsMood mood_ = DnsMood::scripted;
  int questions_ = 0;
  std::thread thread_;
};

}  // namespace tandem::test
