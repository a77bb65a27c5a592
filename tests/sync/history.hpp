// A random history of one person's two mailboxes beside the reference model: what people, senders,
// the gateway and crashes do between passes, and after each pass that ended well the comparison.
#pragma once

#include <random>
#include <set>

#include "tests/sync/reference.hpp"
#include "tests/sync/town.hpp"

namespace tandem::sync::model {

struct Wanted {
  bool crashes = true;
  bool propagate = false;
  int windows = 5;
};

class History {
 public:
  History(Town& town, std::uint64_t seed, Wanted wanted);
  Task<void> run();

  [[nodiscard]] const std::string& told() const { return told_; }    // what happened, a line each
  [[nodiscard]] const std::string& fault() const { return fault_; }  // empty: all was as it must be

 private:
  using Act = Task<void> (History::*)();
  Task<void> fill();
  Task<void> window(int number);
  Task<void> act();
  Task<void> arrive();
  Task<void> arrive_by_gateway();
  Task<void> arrive_late();
  Task<void> flag();
  Task<void> remove();
  Task<void> move();
  Task<void> copy();
  Task<void> make_folder();
  Task<void> rename_folder();
  Task<void> remove_folder();
  Task<void> renumber();
  Task<void> crash();
  Task<void> pass();
  Task<void> idle_pass();
  Task<void> quiet();
  void compare();
  void look_after_crash();
  void compare_folder(int side, int folder);
  Task<void> switch_home();

  // A message with a copy on the side that may be changed now; null: none.
  Message* pick(int side, bool structural);
  int pick_folder(int side);
  int roll(int sides) { return static_cast<int>(random_() % static_cast<unsigned>(sides)); }
  std::string bytes_of(int content, const std::string& trace) const;
  void tell(std::string line);
  void blame(std::string line);
  [[nodiscard]] const std::string& name(int side, int folder) const;
  [[nodiscard]] bool has_trouble(int folder) const { return troubled_.contains(folder); }

  Town& town_;
  Reference model_;
  Wanted wanted_;
  std::mt19937_64 random_;
  std::string told_, fault_;
  int next_content_ = 1;
  int next_folder_ = 1;
  bool crashed_ = false;    // in this window
  std::set<int> touched_;   // contents that were moved, copied or removed in this window
  std::set<int> troubled_;  // folders that were renumbered, renamed or removed in it
  // Side and content: of equal messages nobody knows which copy belongs to which.
  std::set<std::pair<int, int>> mixed_up_;
  std::set<int> fresh_;  // contents that came in this window
};

}  // namespace tandem::sync::model
