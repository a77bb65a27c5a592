// BodySource: the bytes of a message, piece by piece in bounded memory, from a draft that is not
// durable yet or from a stored blob. Each server they are sent to has a source of its own. One
// thread at a time; a draft must outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/store/blob.hpp"
#include "lib/store/draft.hpp"

namespace tandem::delivery {

class BodySource {
 public:
  explicit BodySource(const store::BlobDraft& draft) : draft_(&draft) {}
  explicit BodySource(store::BlobReader reader) : reader_(std::move(reader)) {}

  // The next piece, at most 64 KiB; empty at the end. Good until the next call.
  [[nodiscard]] Result<std::string_view> next();
  [[nodiscard]] std::uint64_t size() const;

 private:
  const store::BlobDraft* draft_ = nullptr;
  std::optional<store::BlobReader> reader_;
  std::uint64_t position_ = 0;  // in the draft
  std::string piece_;
};

}  // namespace tandem::delivery
