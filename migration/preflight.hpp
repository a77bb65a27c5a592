// Preflight: logs in as an account on both sides, looks, and says what stands in the way of moving
// it. It only reads: folders are listed and EXAMINEd, nothing is copied, marked or made.
//
// One connection per side at a time; the caller bounds how many accounts are looked at together.
// Any io thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/side_access.hpp"

namespace tandem::migration {

// green: nothing to do. amber: the move works, but something will not be kept or takes longer.
// red: the move cannot work before a person has acted.
enum class Light : std::uint8_t { green, amber, red };
[[nodiscard]] std::string_view name_of(Light light);

struct Remark {
  enum class Kind : std::uint8_t {
    cannot_log_in,  // red: `server_words` say why
    cannot_look,    // red: logged in, but folders could not be read
    no_room,        // red: the quota is smaller than what has to be copied
    little_room,    // amber: it fits, with less than a tenth to spare
    oversize,       // amber: messages larger than the other side takes
    deep_name,      // amber: a folder's name holds the other side's separator
    no_uidplus,     // amber: each copied message has to be looked for afterwards
    changing_uids,  // amber: UIDs do not last from one session to the next
    needs_oauth,    // red: the provider takes OAuth tokens only, and the side has no `oauth`
    no_token,       // red: the log-in by OAuth token failed; `what` and `next_step` say why
    pop3_only,      // amber: INBOX alone can be read, and nothing be put there
    archived_mail,  // amber: Gmail's archived mail is in a folder that is not copied unless mapped
    closed_folder,  // amber: listed, and this log-in may not open it
    shared_folder,  // amber: others may use a folder (ACL), and that is not copied
  };
  Kind kind = Kind::cannot_log_in;
  Light light = Light::red;
  Side side = Side::old_side;
  std::string what;
  std::string server_words;
  std::string next_step;
};
[[nodiscard]] std::string_view name_of(Remark::Kind kind);

// What was found on one side.
struct SideLook {
  bool logged_in = false;
  std::size_t folders = 0;
  std::uint64_t messages = 0;
  std::optional<std::uint64_t> bytes;         // of all mail; none: the server does not say
  std::optional<std::uint64_t> quota;         // bytes; none: no limit, or not said
  std::optional<std::uint64_t> used;          // bytes, as the quota counts them
  std::optional<std::uint64_t> append_limit;  // bytes: RFC 7889, else as the preset knows
  char separator = '\0';                      // between levels of folder names; 0: there are none
  std::vector<std::string> names;             // UTF-8; without other people's and shared ones
  std::vector<std::string> closed;            // of them: they cannot be opened
  bool uidplus = false;
  bool changing_uids = false;  // UIDNOTSTICKY
  bool pop3_only = false;
  std::vector<std::string> shared;  // of `names`, where the server tells (ACL)
  std::string archive;  // Gmail's folder of all mail, if `map` does not name it; else empty
};

struct Findings {
  std::array<SideLook, 2> sides;  // by Side
  std::vector<Remark> remarks;    // the worst first
  [[nodiscard]] Light light() const;
  [[nodiscard]] const SideLook& at(Side side) const {
    return sides[static_cast<std::size_t>(side)];
  }
};

// What follows from the two looks alone: room, names, abilities. `target` is the side of `to`.
// Pure.
[[nodiscard]] std::vector<Remark> compare(const SideLook& from, const SideLook& to, Side target);

class Preflight {
 public:
  explicit Preflight(const SideAccess& access) : access_(access) {}
  // Never fails: what cannot be looked at is a red remark.
  [[nodiscard]] Task<Findings> examine(Account account) const;

 private:
  using Client = std::unique_ptr<net::ImapClient>;
  [[nodiscard]] Remark::Kind no_log_in(const Account& account, Side side, const Error& error) const;
  [[nodiscard]] std::optional<std::uint64_t> known_limit(const Account& account, Side side) const;
  [[nodiscard]] Task<Client> enter(Account account, Side side, Findings& findings) const;

  const SideAccess& access_;
};

}  // namespace tandem::migration
