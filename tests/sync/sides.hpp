// The old and the new side of an account, reached over memory streams that a test can cut at any
// byte and through which a server can be made to look poorer than it is. What serves there is told
// by those that derive from it.
#pragma once

#include "migration/registry.hpp"
#include "sync/message.hpp"
#include "tests/support/forwarding_stream.hpp"
#include "tests/support/real_time_net.hpp"
#include "tests/sync/fixture.hpp"

namespace tandem::sync {

// What goes wrong on one side. Counts go on over all its connections.
struct Faults {
  std::uint64_t cut_after = ~std::uint64_t{0};  // bytes from the client; then everything breaks
  std::uint64_t received = 0;
  std::size_t connections = 0;
  std::size_t turns = 0;                 // how often it had answered before it was asked more
  std::vector<std::string> heard_by;     // the same as `heard`, of each of them
  std::size_t breaks = ~std::size_t{0};  // one of them alone, when it says this:
  std::string breaks_at;
  std::string poison;                              // each of them breaks when it says or hears this
  std::size_t poisoned = 0;                        // how often
  std::size_t most_connections = ~std::size_t{0};  // later ones are closed at once
  std::function<void()> before_answer;             // each time its server says something
  std::string heard;                               // what the client sent, when `listen` is on
  bool listen = false;
  std::function<void(std::string_view)> on_hearing;  // of what the client sends, as it comes
  std::vector<std::pair<std::string, std::string>> replace;  // in answers; of equal length
};

class FaultyStream final : public tandem::test::ForwardingStream {
 public:
  FaultyStream(net::StreamPtr inner, Faults& faults)
      : ForwardingStream(std::move(inner)), faults_(faults), number_(faults.heard_by.size()) {
    faults.heard_by.emplace_back();
  }

  [[nodiscard]] bool is_of(const Faults& faults) const { return &faults == &faults_; }

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (faults_.received >= faults_.cut_after) {
      inner_->close();
      co_return fail(ErrorKind::closed, "cut");
    }
    if (faults_.received < faults_.cut_after)
      into = into.first(std::min<std::uint64_t>(into.size(), faults_.cut_after - faults_.received));
    auto count = co_await inner_->read_some(into);
    faults_.received += count.value_or(0);
    if (count.value_or(0) > 0 && std::exchange(answered_, false)) ++faults_.turns;
    const std::string_view bytes(into.data(), count.value_or(0));
    if (faults_.listen) faults_.heard.append(bytes);
    if (faults_.listen && number_ < faults_.heard_by.size())
      faults_.heard_by[number_].append(bytes);
    if (number_ == faults_.breaks && bytes.find(faults_.breaks_at) != std::string_view::npos) {
      inner_->close();
      co_return fail(ErrorKind::closed, "cut");
    }
    if (poison_in(bytes, heard_)) co_return broken();
    if (faults_.on_hearing) faults_.on_hearing(bytes);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (faults_.received >= faults_.cut_after) {
      inner_->close();
      co_return fail(ErrorKind::closed, "cut");
    }
    answered_ = true;
    if (faults_.before_answer) faults_.before_answer();
    std::string text(bytes);
    for (const auto& [from, to] : faults_.replace)
      for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    const auto poison = poison_in(text, said_);
    if (!poison) co_return co_await inner_->write(text);
    const std::string before = text.substr(0, *poison);
    (void)co_await inner_->write(before);
    co_return broken();
  }

 private:
  // Where it begins: at 0 if some of it came before.
  std::optional<std::size_t> poison_in(std::string_view bytes, std::string& before) const {
    if (faults_.poison.empty()) return std::nullopt;
    const std::size_t old = before.size();
    before += bytes;
    const auto at = before.find(faults_.poison);
    if (at != std::string::npos) return std::max(at, old) - old;
    before.erase(0, before.size() - std::min(before.size(), faults_.poison.size() - 1));
    return std::nullopt;
  }
  std::unexpected<Error> broken() {
    ++faults_.poisoned;
    inner_->close();
    return fail(ErrorKind::closed, "cut");
  }

  Faults& faults_;
  std::size_t number_;
  bool answered_ = false;
  std::string heard_, said_;  // the end of it
};

class Sides {
 public:
  explicit Sides(tandem::test::RealTimeNet& net, const Clock& clock = system_clock()) : net_(net) {
    config::MigrationSettings settings;
    settings.name = "example";
    settings.domains = {"example.jp"};
    settings.old_side.imap = endpoint("old");
    settings.new_side.imap = endpoint("new");
    settings.old_side.login = "aoki@example.jp";
    AccountGiven given;
    given.address = "aoki@example.jp";
    given.old_password = given.new_password = "secret";
    given.new_login = "baba@example.jp";
    world = std::make_unique<World>(settings, net.executor(), clock, given);
    world->options.late_append = Duration::zero();
    world->options.first_retry = Duration(20);
    for (const Side side : {Side::old_side, Side::new_side})
      world->connector.register_in_process(
          std::string(migration::name_of(side)), [this, side](net::StreamPtr end, net::Protocol) {
            if (++at(side).connections > at(side).most_connections) return;
            auto faulty = std::make_unique<FaultyStream>(std::move(end), at(side));
            net_.group.spawn(serve_counted(std::move(faulty)));
          });
  }
  virtual ~Sides() { world->close(); }
  Sides(const Sides&) = delete;
  Sides& operator=(const Sides&) = delete;

  std::array<Faults, 2> faults;  // by Side
  std::unique_ptr<World> world;
  std::size_t sessions = 0;  // of the servers, now

  Faults& at(Side side) { return faults[static_cast<std::size_t>(side)]; }
  // A server without UIDPLUS and MULTIAPPEND.
  void make_poor(Side side) {
    at(side).replace = {{"UIDPLUS", "XIDPLUS"},       {"MULTIAPPEND", "XULTIAPPEND"},
                        {"[APPENDUID", "[XPPENDUID"}, {"CONDSTORE", "XONDSTORE"},
                        {"QRESYNC", "XRESYNC"},       {"LITERAL+", "XITERAL+"}};
  }
  // Messages are copied and then expunged by their UIDs.
  void take_away_move(Side side) { at(side).replace.emplace_back(" MOVE ", " XOVE "); }
  void heal() {
    for (Faults& one : faults) {
      one.cut_after = ~std::uint64_t{0};
      one.received = 0;
    }
  }
  void run(Task<void> body) { net_.run(finish(std::move(body))); }
  // Takes the account's steps until its home is the new side.
  Task<void> cut_over() {
    if (world->registry->routes()->account(world->account)->phase == migration::Phase::old)
      co_await world->step(migration::Step::start);
    co_await world->step(migration::Step::cut_over);
  }

 protected:
  virtual Task<void> serve(net::StreamPtr stream) = 0;
  // Whose server is to serve this one.
  [[nodiscard]] Side side_of(const net::Stream& stream) {
    return dynamic_cast<const FaultyStream&>(stream).is_of(faults[0]) ? Side::old_side
                                                                      : Side::new_side;
  }

 private:
  static net::Endpoint endpoint(std::string name) {
    net::Endpoint made;
    made.in_process = std::move(name);
    made.tls = net::TlsMode::never;
    return made;
  }
  Task<void> serve_counted(net::StreamPtr stream) {
    ++sessions;
    co_await serve(std::move(stream));
    --sessions;
  }
  Task<void> finish(Task<void> body) {
    co_await world->open();
    co_await std::move(body);
    net_.group.request_stop();
    co_await net_.group.shut_down(std::chrono::seconds(5));
  }
  tandem::test::RealTimeNet& net_;
};

}  // namespace tandem::sync
