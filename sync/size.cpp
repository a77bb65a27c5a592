#include "sync/size.hpp"

namespace tandem::sync {
namespace {

constexpr std::uint64_t usual_message = 75'000;

}  // namespace

void estimate(std::vector<Size>& folders, std::uint64_t messages_done) {
  std::uint64_t bytes_done = 0;
  for (const Size& folder : folders) bytes_done += folder.bytes_done;
  const bool known = messages_done > 0 && bytes_done > 0;
  const std::uint64_t mean = known ? bytes_done / messages_done + 1 : usual_message;
  for (Size& folder : folders)
    if (folder.messages_left > 0 && folder.bytes <= folder.bytes_done)
      folder.bytes = folder.bytes_done + folder.messages_left * mean;
}

}  // namespace tandem::sync
