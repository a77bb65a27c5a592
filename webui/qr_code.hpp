// A QR code (ISO/IEC 18004) of a short text, by libqrencode. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem::webui {

// Its rows from top to bottom, "1" a dark module, without the light margin of four modules that
// readers want around it. Empty: the text does not fit (about 2,300 bytes).
[[nodiscard]] std::vector<std::string> qr_code(std::string_view text);

}  // namespace tandem::webui
