#include "webui/qr_code.hpp"

#include <memory>
#include <qrencode.h>

namespace tandem::webui {

std::vector<std::string> qr_code(std::string_view text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeData(static_cast<int>(text.size()),
                        reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M),
      QRcode_free);
  std::vector<std::string> rows;
  if (code == nullptr) return rows;
  const auto width = static_cast<std::size_t>(code->width);
  for (std::size_t y = 0; y < width; ++y) {
    std::string& row = rows.emplace_back();
    for (std::size_t x = 0; x < width; ++x) row += (code->data[y * width + x] & 1) != 0 ? '1' : '0';
  }
  return rows;
}

}  // namespace tandem::webui
