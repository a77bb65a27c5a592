// A random history of one person's two mailboxes beside the reference model: what people, senders,
// the gateway and crashes do between passes, and after each pass that ended well the comparison.
#pragma once

#include <random>
#include <set>

#include "tests/sync/model/reference.hpp"
#include "tests/sync/model/town.hpp"

namespace tandem::sync::model {

struct Wanted {
  bool crashes = true;
  bool propagate = false;
  bool labels = false;    // both servers offer X-GM-EXT-1, and messages are in several folders
  bool folders = false;   // more of them are made and removed, some with a name that was used
  unsigned brake = 1000;  // as the town has it
};

class History {
 public:
  History(Town& town, std::uint64_t seed, Wanted wanted);
  Task<void> run();

  [[nodiscard]] const std::string& told() const { return told_; }    // what happened, a line each
  [[nodiscard]] const std::string& fault() const { return fault_; }  // empty: all was as it must be

 private:
  using Act = void (History::*)();
  void fill();
  void label(int content, int folder);
  Task<void> window(int number);
  void act();
  void arrive();
  void arrive_by_gateway();
  void arrive_late();
  void flag();
  void remove();
  void move();
  void copy();
  void come_back();
  void note_choice(int content, int folder);
  void make_folder();
  void rename_folder();
  void remove_folder();
  void renumber();
  Task<void> crash();
  Task<void> pass();
  Task<Result<migration::DeltaReport>> run_pass();
  Task<void> idle_pass();
  Task<void> quiet();
  void compare();
  void settle();
  void look_after_crash();
  // What a person decides about deletions (history_deletions.cpp).
  Task<void> decide_some();
  Task<void> decide();
  Task<void> undo();
  Task<void> break_undo(std::int64_t id);
  Task<Result<migration::UndoReport>> undo_one(std::int64_t id);
  void compare_quarantine(int side);
  static void let_go(Message& message) { message.held = message.allowed = false; }
  std::set<int> twins_in(int folder) const;
  void compare_folder(int side, int folder);
  Task<void> switch_home();

  // A message with a copy on the side that may be changed now; null: none.
  Message* pick(int side, bool structural);
  [[nodiscard]] bool has_new_twin(const Message& message, int side) const;
  int pick_folder(int side);
  std::string pick_name(int side);
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
  bool moveless_ = false;   // a server has no MOVE
  std::set<int> touched_;   // contents that were moved, copied or removed in this window
  std::set<int> troubled_;  // folders that were renumbered, renamed or removed in it
  // Contents of equal messages of which nobody knows which copy belongs to which: left alone.
  std::set<int> mixed_up_;
  std::set<int> flagged_;  // contents that got flags in this window
  std::set<int> fresh_;    // contents that came in this window
};

}  // namespace tandem::sync::model
