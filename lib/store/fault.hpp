// Faults on purpose. Every durable step (write, flush, rename, commit, connect …) of any room
// passes a named point; a test, or the environment variable TANDEM_FAULT, makes its n-th occurrence
// fail with an errno or kill the process there. Compiled always; unarmed it costs one relaxed load.
//
//   TANDEM_FAULT="store.fdatasync:3:EIO,sql.sync:1+:kill"      ("1+": from the first one on)
//
// `die` instead of an errno: this step and all that follow, of any kind, fail, and nothing is kept
// any more: for the disk the process is gone, while the test goes on in it.
//
// Power loss: with a shadow directory (TANDEM_FAULT_SHADOW=ROOT=SHADOW, or shadow()), each file is
// copied to it whenever it is flushed, and each directory's names whenever the directory is. After
// the process was killed, power_loss() puts back exactly that: what was not flushed is gone.
// Arm before Store::open: SQLite's own writes and flushes are seen only then. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace tandem::store::fault {

namespace detail {
extern std::atomic<bool> active;
int reach(std::string_view step);
void keep_file(const std::string& path);
void keep_names(const std::string& directory);
}  // namespace detail

// 0: go on. Otherwise the errno with which the step must fail (without having done anything).
[[nodiscard]] inline int point(std::string_view step) {
  return detail::active.load(std::memory_order_relaxed) ? detail::reach(step) : 0;
}
// To be called after a file's, or a directory's, content has been flushed to the medium.
inline void flushed(const std::string& path) {
  if (detail::active.load(std::memory_order_relaxed)) detail::keep_file(path);
}
inline void flushed_directory(const std::string& directory) {
  if (detail::active.load(std::memory_order_relaxed)) detail::keep_names(directory);
}

// Takes a plan as in TANDEM_FAULT (empty: only count) and forgets the earlier one and its counts.
[[nodiscard]] Result<void> arm(std::string_view plan);
// Back to normal: no faults, no counts, no shadow.
void disarm();
[[nodiscard]] bool armed();
// As if a step with `die` had been reached.
void die();
[[nodiscard]] bool died();
// How often a step was reached since arm().
[[nodiscard]] std::uint64_t count(std::string_view step);

// Files below `root` are copied to `directory` (created) as they are flushed.
[[nodiscard]] Result<void> shadow(std::string root, std::string directory);
// Makes `root` what `directory` says was flushed. No process may use `root` meanwhile.
[[nodiscard]] Result<void> power_loss(const std::string& root, const std::string& directory);

}  // namespace tandem::store::fault
