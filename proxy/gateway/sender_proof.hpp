// What the milters found out about the envelope sender, for the one decision that hangs on it (R6):
// a report goes to nobody whose name was only borrowed. Pure.
#pragma once

#include <string_view>

namespace tandem::gateway {

// The sender fails SPF and DKIM: SPF says fail or softfail of the envelope sender, and no signature
// that passed is by its domain, one above or one below. Where no milter judged, it does not fail.
// `head` is what stands in front of the message; only fields by `us` count.
[[nodiscard]] bool fails_spf_and_dkim(std::string_view head, std::string_view us,
                                      std::string_view sender);

}  // namespace tandem::gateway
