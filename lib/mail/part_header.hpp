// The MIME fields of one entity's header, read into its Part (RFC 2045, 2183, 1864, 3282, 2557).
#pragma once

#include "lib/mail/header.hpp"
#include "lib/mail/mime.hpp"

namespace tandem::mail {

// `in_digest`: the default type is message/rfc822 (RFC 2046 5.1.5). A Content-Type that cannot be
// read counts as absent; a text part without a charset has us-ascii (RFC 2045 5.2).
void read_part_header(Part& part, const HeaderView& header, bool in_digest);

}  // namespace tandem::mail
