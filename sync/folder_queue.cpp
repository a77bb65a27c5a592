#include "sync/folder_queue.hpp"

#include <algorithm>

namespace tandem::sync {
namespace {

bool is_above(const Path& path, const Path& other) {
  return path.size() < other.size() &&
         std::ranges::equal(path, std::span(other).first(path.size()));
}

}  // namespace

void FolderQueue::add(std::size_t id, Path path, std::uint64_t messages) {
  entries_.push_back({.id = id, .path = std::move(path), .messages = messages});
}

bool FolderQueue::may_begin(const Entry& entry) const {
  return std::ranges::all_of(entries_, [&](const Entry& other) {
    const bool comes_first = is_inbox(other.path) || is_above(other.path, entry.path);
    return other.known || &other == &entry || !comes_first;
  });
}

std::optional<std::size_t> FolderQueue::take() {
  Entry* best = nullptr;
  for (Entry& entry : entries_)
    if (!entry.taken && may_begin(entry) && (best == nullptr || entry.messages > best->messages))
      best = &entry;
  if (best == nullptr) return std::nullopt;
  best->taken = true;
  return best->id;
}

bool FolderQueue::is_over() const {
  return std::ranges::all_of(entries_, &Entry::taken);
}

net::Task<std::optional<std::size_t>> FolderQueue::next() {
  while (!is_over()) {
    if (const auto taken = take()) co_return taken;
    const net::Wake woken = co_await changed_.wait();
    if (woken != net::Wake::ready) break;
  }
  co_return std::nullopt;
}

void FolderQueue::set_known(std::size_t id) {
  for (Entry& entry : entries_)
    if (entry.id == id) entry.known = true;
  changed_.wake_all();
}

void FolderQueue::set_over(std::size_t id) {
  const auto entry = std::ranges::find(entries_, id, &Entry::id);
  if (entry == entries_.end() || entry->known) return;
  if (is_inbox(entry->path))
    end();
  else
    set_known(id);
}

void FolderQueue::end() {
  for (Entry& entry : entries_) entry.taken = true;
  changed_.wake_all();
}

std::uint64_t FolderQueue::beside_the_largest() const {
  std::uint64_t all = 0;
  std::uint64_t largest = 0;
  for (const Entry& entry : entries_) {
    all += entry.messages;
    largest = std::max(largest, entry.messages);
  }
  return all - largest;
}

}  // namespace tandem::sync
