// Deletion: one message that was removed at home and is, on the other side, on its way to the
// quarantine folder, in it, or out of it again. A row of the ledger that is written before each
// step and after it, and never removed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/clock.hpp"
#include "migration/account.hpp"
#include "sync/message.hpp"

namespace tandem::sync {

// What is true of it. In the ledger by number: only ever added to.
enum class DeletionState : std::uint8_t {
  wanted,       // it lies in its folder, and shall go to quarantine
  held,         // the same, but a person has to decide first
  moving,       // the command that moves it to quarantine may have been sent
  quarantined,  // it lies in quarantine
  restoring,    // the command that moves it back may have been sent
  restored,     // it lies in its folder again, because a person asked
  expunging,    // the command that removes it for good may have been sent
  expunged,     // it is gone for good
  refused,      // it lies in its folder and stays there, because a person decided so
  left_alone,   // nothing was done, and nothing will be: see `why`
};
inline constexpr std::size_t deletion_states = 10;
[[nodiscard]] std::string_view name_of(DeletionState state);

struct Deletion {
  std::int64_t id = 0;
  migration::AccountId account = 0;
  std::int64_t folder = 0;  // of sync_folder
  migration::Side side = migration::Side::new_side;
  std::string folder_name;  // on that side, when it was noted
  DeletionState state = DeletionState::wanted;
  // Where it lies: in the folder (wanted, held, moving), or in quarantine (the others).
  std::uint32_t validity = 0;
  Uid uid = 0;
  Identity identity;
  // Of moving and restoring: the folder it goes to, and the first UID that it may get there.
  std::uint32_t to_validity = 0;
  Uid to_next = 0;
  std::string subject;
  WallTime noted_at{};
  WallTime at{};  // of the state
  std::string why;
};

}  // namespace tandem::sync
