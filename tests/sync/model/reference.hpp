// The reference model of the sync: what two sides must look like after a pass that nothing
// disturbed. Pure and small; it knows messages by their content, and nothing of UIDs to come,
// batches or connections. Where a crash leaves two right answers, a copy is `unsure`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tandem::sync::model {

// A message on one side.
struct Replica {
  bool there = false;
  int folder = 0;         // index in Reference::folders
  std::uint32_t uid = 0;  // 0: the sync puts it there, with a UID of the server's choice
  std::uint32_t flags = 0;
  std::vector<std::uint32_t> or_flags;  // as right as `flags`: see Message::agreed
  bool ours = false;    // a copy that was made for the reader, not what a person put there
  bool unsure = false;  // may be missing: a crash may have come before or after the copy
};

struct Message {
  int content = 0;
  bool traced = false;  // came through the gateway
  std::array<Replica, 2> at;
  bool paired = false;   // both are known to be the same one
  bool waiting = false;  // the mirror's copy came first; nobody copies it
  bool orphan = false;   // known, and its counterpart was removed: it stays alone
  // Its counterpart was removed with its whole folder: when the folder is there again, the ledger
  // knows it as removed only if it had a reason to learn its content.
  bool buried = false;
  int folder = 0;  // of the pair, when it was last alike; of one that is alone, at the last pass
  // Removed at home, and so is to be on the mirror: when a person has allowed it, or at the next
  // pass.
  bool held = false;
  bool allowed = false;
  // Its flags then. Several: a pass was broken off that may have written down what it had made of
  // them, or not.
  std::vector<std::uint32_t> agreed = {0};

  // What a pass makes of the flags that both have now.
  [[nodiscard]] std::vector<std::uint32_t> merged() const;
};

struct Folder {
  std::array<std::string, 2> name;
  std::array<bool, 2> there{};
  bool contacted = false;  // both sides' folder were seen together
  bool paired = false;     // a pass saw it at home: its two names are kept, whatever goes
  bool removed_on_mirror = false;
};

class Reference {
 public:
  std::vector<Folder> folders;
  std::vector<Message> messages;
  int home = 0;
  bool propagate = false;
  unsigned brake = 1000;  // removals of one pass that need no decision
  struct Quarantined {
    int content = 0;
    int folder = 0;
    std::uint32_t flags = 0;
    std::string folder_name;  // as it was then: so it is told, whatever the folder is called since
  };
  std::array<std::vector<Quarantined>, 2> quarantined;  // by side
  std::array<std::vector<int>, 2> doubtful;             // contents: in quarantine, or nowhere

  // A pass with `home` as home.
  void settle();
  // A new message on one side alone.
  Message& add(int content, int side, int folder, std::uint32_t uid, std::uint32_t flags);
  // Brought back from quarantine, to stay on that side alone.
  void restore(int side, std::size_t which);
  // Both sides agree on this one now, or it stays alone: after `unsure` was looked up.
  void resolve(Message& message) const;
  // Of a message that is new: an equal one is new on the other side, and a broken pass may have
  // taken the two for one.
  [[nodiscard]] bool has_twin(const Message& message) const;
  // The same of one that is left alone, and of one that is new on the other side.
  [[nodiscard]] bool may_have_met(const Message& message) const;

 private:
  void settle_folders();
  void settle_pair(Message& message);
  void pair_news();
  void pair_returned();
  void settle_new(Message& message);
  void settle_removed();
  void quarantine(Message& message);
  void pair(Message& message, std::vector<std::uint32_t> flags);
  void leave_alone(Message& message, int side);
  static void follow(Message& message, int side);
  void bury(Message& message);
  // What is in a folder that only the mirror has is nobody's business yet.
  [[nodiscard]] bool is_at_home(int folder) const;

  std::vector<Message> split_;
  std::vector<Message*> removed_;  // in this pass
};

}  // namespace tandem::sync::model
