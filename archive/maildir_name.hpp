// Names in a Maildir. Pure.
//
// A message's file is UNIQUE:2,FLAGS in cur/, or UNIQUE in new/. UNIQUE begins with the time of its
// delivery. Ours are TIME.V<UIDVALIDITY>U<UID>.tandemail,S=<SIZE>: so a folder says by itself what
// of which mailbox it holds, whoever renames a file for its flags, and a message that was written
// twice would have one name. Flags are D F P R S T and, for keywords, a to z (as Dovecot has them;
// which keyword a letter is, the folder's file dovecot-keywords says).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/message.hpp"

namespace tandem::archive {

// Which message of which IMAP folder a file was made from. All 0: not by us.
struct Origin {
  std::uint32_t validity = 0;
  sync::Uid uid = 0;
  [[nodiscard]] bool known() const { return uid != 0; }
  auto operator<=>(const Origin&) const = default;
};

struct MaildirName {
  std::string unique;
  std::string letters;               // behind ":2,"
  std::optional<std::int64_t> time;  // with which `unique` begins, if it is a time of mail
  Origin origin;
};

[[nodiscard]] MaildirName parse_maildir_name(std::string_view file);
// UNIQUE of a message that we write.
[[nodiscard]] std::string unique_name(Origin origin, std::int64_t time, std::uint64_t size);

// The keywords of a Maildir folder, as its file dovecot-keywords holds them: "NUMBER KEYWORD"
// lines, number 0 is the letter a.
class Keywords {
 public:
  [[nodiscard]] static Keywords parse(std::string_view text);
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] std::string_view name_of(char letter) const;  // "": none
  // Gives a new keyword the next letter; nothing when all 26 are taken.
  [[nodiscard]] std::optional<char> letter_for(std::string_view keyword);
  [[nodiscard]] bool changed() const { return changed_; }

 private:
  std::vector<std::string> names_;  // by letter; "": free
  bool changed_ = false;
};

[[nodiscard]] sync::Flags flags_from(std::string_view letters, const Keywords& keywords);
// In ASCII order, as the format wants it. Keywords for which no letter is left go to `without`.
[[nodiscard]] std::string letters_for(const sync::Flags& flags, Keywords& keywords,
                                      std::vector<std::string>& without);

}  // namespace tandem::archive
