// Live: what changed, and in which order. Every change has a number; a listener keeps the number it
// has come to and asks for what is newer. Nothing is queued for anybody: a thing that changed ten
// times since is told once, as it is now, and a slow listener costs no memory. Any thread.
//
// An event's id is "START.NUMBER": START is drawn at every start of the program, so that an id from
// an earlier one is not mistaken for ours.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migration/account.hpp"

namespace tandem::webui {

struct Change {
  enum class Kind : std::uint8_t { account, delivery, run };
  std::uint64_t number = 0;
  Kind kind = Kind::account;
  migration::AccountId account = 0;
  std::string id;  // trace id, run id
};

struct Changes {
  std::vector<Change> list;  // by number
  std::uint64_t number = 0;  // of the newest change there is
};

class Live {
 public:
  Live();

  void account(migration::AccountId account);
  void delivery(const std::string& trace_id);
  void run(const std::string& id);

  [[nodiscard]] std::uint64_t number() const;
  [[nodiscard]] Changes since(std::uint64_t number) const;
  [[nodiscard]] std::string id_of(std::uint64_t number) const;
  // Where to go on from after `last_event_id`; nothing: a snapshot is needed.
  [[nodiscard]] std::optional<std::uint64_t> number_in(std::string_view last_event_id) const;

  // `wake` is called after each change, on any thread; it must be quick.
  std::uint64_t listen(std::function<void()> wake);
  void unlisten(std::uint64_t listener);

 private:
  struct Key {
    Change::Kind kind;
    migration::AccountId account;
    std::string id;
    auto operator<=>(const Key&) const = default;
  };
  void changed(Key key);
  void forget_oldest_delivery();

  mutable std::mutex mutex_;
  std::string start_;
  std::uint64_t number_ = 1;
  std::map<Key, std::uint64_t> numbers_;    // the last change of each thing
  std::map<std::uint64_t, Key> by_number_;  // the other way round
  std::size_t deliveries_ = 0;              // of them, at most 200
  std::map<std::uint64_t, std::function<void()>> listeners_;
  std::uint64_t next_listener_ = 1;
};

}  // namespace tandem::webui
