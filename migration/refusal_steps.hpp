// What a person is told to do when a server says why it lets nobody in, or cannot be read, in both
// languages. Errors
// carry the English; oauth::in_japanese() finds the other where somebody reads it.
#pragma once

#include <span>

#include "lib/base/result.hpp"
#include "migration/oauth/next_steps.hpp"

namespace tandem::migration {

// By the response code or the words of an IMAP server; null: it says nothing that is known.
[[nodiscard]] const oauth::NextStep* step_by_words(const Error& error);

// For a server whose compressed data cannot be read.
[[nodiscard]] const oauth::NextStep& compress_never_step();

[[nodiscard]] std::span<const oauth::NextStep> refusal_steps();

}  // namespace tandem::migration
