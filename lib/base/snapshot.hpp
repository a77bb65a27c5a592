// Snapshot<T>: an immutable value that many threads read and one replaces whole. A reader keeps
// what it got for as long as it holds the pointer; it never sees half of a change. Any thread. A
// mutex around a pointer copy, because libstdc++ 12's atomic<shared_ptr> is opaque to TSan.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace tandem {

template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> first) : value_(std::move(first)) {}

  [[nodiscard]] std::shared_ptr<const T> load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void store(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    value_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace tandem
