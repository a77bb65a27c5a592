// Which of the messages that headers and sizes call the same are read whole: a random choice in
// each folder, so that a body that was altered or cut at its old size does not hide behind them for
// long. Pure; drawn anew by each verification.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "sync/verify_left.hpp"

namespace tandem::sync {

// Equal messages by all that is known of them, as many on each side: mostly one.
struct Alike {
  std::vector<Uid> home, mirror;
};

// Of all that it is offered it keeps so many, each with the same chance.
class Sample {
 public:
  Sample(std::size_t room, std::mt19937_64& draw) : room_(room), draw_(draw) {}
  void offer(std::span<const Witness> home, std::span<const Witness> mirror);
  // What was kept, in random order.
  [[nodiscard]] std::vector<Alike> take();

 private:
  [[nodiscard]] std::size_t below(std::size_t end) { return draw_() % end; }

  std::size_t room_;
  std::mt19937_64& draw_;
  std::size_t offered_ = 0;
  std::vector<Alike> kept_;
};

// How much may be read: messages, and bytes of each side.
struct SampleRoom {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

// That of an account, shared out evenly among the folders that are still to come.
class SampleBudget {
 public:
  static constexpr std::uint64_t most_per_folder = 32;
  static constexpr SampleRoom of_account = {1'000, 64 * 1024 * 1024};

  explicit SampleBudget(std::size_t folders, SampleRoom all = of_account)
      : folders_(folders), left_(all) {}
  // For the next folder.
  [[nodiscard]] SampleRoom next();
  void take(SampleRoom used);

 private:
  std::size_t folders_;
  SampleRoom left_;
};

}  // namespace tandem::sync
