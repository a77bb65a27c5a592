// Pop3Numbering: which UID each message of a POP3 session has (pop3_index.hpp). Pure.
//
// By its key, unless its header says that the key names another message now. Then the one that had
// the key loses it (it may turn up again elsewhere), and the new one gets the UID that it had under
// another key, else a new one: where ids are positions in the mailbox, one removal gives each
// message behind it the id of its neighbour, and none of them is new.
#pragma once

#include <map>
#include <set>

#include "migration/pop3_index.hpp"

namespace tandem::migration {

// Whether the message that is seen is not the one that had its key. One of another size whose
// header says nothing, or was never known, counts as another: the sync's ladder finds its copy.
[[nodiscard]] bool is_another(const Pop3Known& known, const Pop3Seen& seen);

class Pop3Numbering {
 public:
  struct Change {
    std::string key;
    std::uint32_t uid = 0;
    std::uint64_t listed = 0;
    std::string header;
    bool fresh = false;  // not in the ledger yet
  };

  // Both outlive it; `all` becomes what is known afterwards.
  Pop3Numbering(Pop3Index::Numbered& all, const std::vector<Pop3Seen>& seen)
      : all_(all), seen_(seen) {}

  void run();
  // For the ledger: UIDs that lose their key, then the rows that are new or changed.
  [[nodiscard]] const std::vector<std::uint32_t>& displaced() const { return displaced_; }
  [[nodiscard]] const std::vector<Change>& changed() const { return changed_; }

  // Unlike any key of a server's id or of a header.
  [[nodiscard]] static std::string key_of_displaced(std::uint32_t uid) {
    return "o " + std::to_string(uid);
  }
  [[nodiscard]] static bool is_displaced(std::string_view key) { return key.starts_with("o "); }

 private:
  void displace();
  void find_elsewhere();
  void place(const Pop3Seen& seen);
  void note(const Pop3Seen& seen, Pop3Known& known, bool placed, bool fresh = false);

  Pop3Index::Numbered& all_;
  const std::vector<Pop3Seen>& seen_;
  std::multimap<std::string, std::string> elsewhere_;  // by header: keys that nobody seen has
  std::vector<std::uint32_t> displaced_;
  std::vector<Change> changed_;
};

}  // namespace tandem::migration
