// How a folder's path is written as names of files. Pure.
//
// Maildir++: the INBOX is the tree itself, {"A", "B"} is its folder ".A.B", in modified UTF-7 as
// Dovecot and Courier write it. mbox: INBOX.mbox, A.mbox, and A/B.mbox for the folder in it, in
// UTF-8. What a name cannot hold there is \xx: '.' and '/' in Maildir++ (as Dovecot's listescape
// plugin has it), '/' and a leading '.' for mbox, the '\' itself in both. Both ways: a path that
// was written is read back as it was.
#pragma once

#include <string>
#include <string_view>

#include "sync/folders.hpp"

namespace tandem::archive {

using sync::Path;

[[nodiscard]] std::string maildir_name_of(const Path& path);  // "" for the INBOX
// `name`: ".A.B", or "" for the INBOX. Names in UTF-8 are read too.
[[nodiscard]] Path path_of_maildir(std::string_view name);

[[nodiscard]] std::string mbox_name_of(const Path& path);  // "A/B.mbox"
// Relative, as found: endings .mbox and .mbx go, and Thunderbird's .sbd of folders.
[[nodiscard]] Path path_of_mbox(std::string_view name);

}  // namespace tandem::archive
