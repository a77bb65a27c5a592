#include "migration/verify.hpp"

#include <array>

namespace tandem::migration {
namespace {

constexpr std::array kind_names = {"missing", "extra", "changed", "rewritten"};
static_assert(kind_names.size() == static_cast<std::size_t>(DifferenceKind::rewritten) + 1);

}  // namespace

std::string_view name_of(DifferenceKind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

}  // namespace tandem::migration
