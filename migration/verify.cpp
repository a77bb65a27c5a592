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

Verified result_of(const VerifyReport& report, bool full, WallTime at, const Verified* before) {
  Verified result;
  result.at = at;
  result.full = full;
  result.clean = report.clean;
  for (const FolderVerdict& folder : report.folders) {
    ++result.folders;
    result.messages += folder.home_messages;
    result.missing += folder.missing;
    result.extra += folder.extra;
    result.changed += folder.changed;
    result.not_compared += folder.not_compared.empty() ? 0 : 1;
    result.whole += folder.whole;
    result.rewritten += folder.rewritten;
  }
  if (!report.clean) return result;
  result.clean_since = at;
  if (before != nullptr && before->clean_since) result.clean_since = before->clean_since;
  return result;
}

bool is_clean_for_a_day(const Verified& last) {
  return last.clean_since && last.at - *last.clean_since >= std::chrono::hours(24);
}

}  // namespace tandem::migration
