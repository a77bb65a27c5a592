#include "proxy/session/lent_buffer.hpp"

#include <vector>

namespace tandem::session {
namespace {

constexpr std::size_t most_kept = 16;

std::vector<std::unique_ptr<char[]>>& stock() {
  thread_local std::vector<std::unique_ptr<char[]>> kept;
  return kept;
}

}  // namespace

LentBuffer::LentBuffer() {
  auto& kept = stock();
  if (kept.empty()) {
    bytes_ = std::make_unique_for_overwrite<char[]>(size);
  } else {
    bytes_ = std::move(kept.back());
    kept.pop_back();
  }
}

LentBuffer::~LentBuffer() {
  auto& kept = stock();
  if (kept.size() < most_kept) kept.push_back(std::move(bytes_));
}

}  // namespace tandem::session
