// With whom the folders of an account are shared (IMAP ACL, RFC 4314), in words that people know.
// It is reported and not copied: names of people, and what a right allows, are each server's own.
//
// Only where the server offers ACL, and for folders that the log-in administers. At most 1,000
// folders are asked about; of one, at most 500 names are kept, of all 10,000.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/task.hpp"
#include "migration/oauth/next_steps.hpp"

namespace tandem::imap::response {
struct Acl;
}
namespace tandem::net {
class ImapClient;
}

namespace tandem::migration {

using net::Task;
struct Account;

inline constexpr oauth::NextStep share_again_step{
    "Share them again on the other side, when the people have their mailboxes there. `tandemail "
    "check ADDRESS` lists who may do what.",
    "共有相手のメールボックスが反対側にできてから、そこで共有し直してください。誰に何が許されてい"
    "るかは `tandemail check アドレス` で分かります。"};

enum class Grantee : std::uint8_t {
  person,         // `name` is a log-in at that server
  group,          // `name` is a group of them
  anyone,         // everybody, also without a log-in
  authenticated,  // everybody with a log-in (Dovecot)
  anonymous,      // whoever has no log-in
};
[[nodiscard]] std::string_view name_of(Grantee who);

enum class May : std::uint8_t {
  see,         // that the folder is there (l); only said of who may not read
  read,        // r
  write,       // add, mark and file messages, make folders below it (i, w, k)
  post,        // send mail straight into it (p); only said of who may not write
  remove,      // messages or the folder (t, e, x)
  administer,  // share it with others (a)
};
[[nodiscard]] std::string_view name_of(May may);  // remove: "delete"

struct Grant {
  Grantee who = Grantee::person;
  std::string name;      // as the server has it, without its mark of a group; else empty
  bool denied = false;   // these rights are taken away (RFC 4314 2: negative rights)
  std::vector<May> may;  // in the order above; empty: rights that only this server knows
  std::string rights;    // the letters
};

struct Sharing {
  std::vector<Grant> grants;  // in the server's order; none without rights, none of the owner
  std::size_t more = 0;       // that are not among them
  [[nodiscard]] bool is_shared() const { return !grants.empty() || more > 0; }
};

// `own`: names under which the server may know the account; left out, as is Dovecot's "owner".
// Pure.
[[nodiscard]] Sharing sharing_in(const imap::response::Acl& acl,
                                 const std::vector<std::string>& own);

// By folder; one that is not here was not told about: no ACL there, no right to ask, refused, or
// the connection is lost. UTF-8 names, as the server has them. The client's thread.
[[nodiscard]] Task<std::map<std::string, Sharing, std::less<>>> look_at_sharing(
    net::ImapClient& client, std::vector<std::string> folders, std::vector<std::string> own);

}  // namespace tandem::migration
