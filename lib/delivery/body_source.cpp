#include "lib/delivery/body_source.hpp"

namespace tandem::delivery {
namespace {

constexpr std::uint64_t piece = 64 * 1024;

}  // namespace

Result<std::string_view> BodySource::next() {
  if (reader_) return reader_->next();
  auto read = draft_->view(position_, piece, piece_);
  if (read) position_ += read->size();
  return read;
}

std::uint64_t BodySource::size() const {
  return reader_ ? reader_->size() : draft_->size();
}

}  // namespace tandem::delivery
