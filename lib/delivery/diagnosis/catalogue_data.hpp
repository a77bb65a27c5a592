// The bytes of catalogue/*.json, made a source file by CMake: classes, status_codes, words, then
// one text per entries_*.json. Internal to lib/delivery/diagnosis.
#pragma once

#include <span>
#include <string_view>

namespace tandem::delivery {

[[nodiscard]] std::span<const std::string_view> catalogue_texts();

}  // namespace tandem::delivery
