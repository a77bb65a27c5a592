// FolderQueue: the folders of one account that several lanes copy at a time. Until INBOX is known
// (what of it is on both sides), nothing else begins: what home has filed elsewhere and the gateway
// has put into the mirror's INBOX is found there. A folder begins when those above it are known,
// and thus made. Of those that may begin, the one with the most messages.
//
// One executor's thread.
#pragma once

#include <optional>
#include <vector>

#include "lib/net/wait.hpp"
#include "sync/folders.hpp"

namespace tandem::sync {

class FolderQueue {
 public:
  // In the order of their paths. `messages`: about how many are to be copied.
  void add(std::size_t id, Path path, std::uint64_t messages);
  // The next to be copied; nothing: none may begin yet, or none is left.
  [[nodiscard]] std::optional<std::size_t> take();
  // The same, waited for; nothing: none is left, or the wait was cancelled.
  [[nodiscard]] net::Task<std::optional<std::size_t>> next();
  // A folder that was taken: what is in it is known.
  void set_known(std::size_t id);
  // It is over, known or not. Where INBOX is not known by now, nobody takes any more: all others
  // have to be behind it.
  void set_over(std::size_t id);
  // Nobody takes any more.
  void end();

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // Messages that are to be copied, those of the largest folder not counted.
  [[nodiscard]] std::uint64_t beside_the_largest() const;

 private:
  struct Entry {
    std::size_t id;
    Path path;
    std::uint64_t messages;
    bool taken = false;
    bool known = false;
  };
  [[nodiscard]] bool may_begin(const Entry& entry) const;
  [[nodiscard]] bool is_over() const;

  std::vector<Entry> entries_;
  net::WaitList changed_;
};

}  // namespace tandem::sync
