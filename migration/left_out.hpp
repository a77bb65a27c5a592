// LeftOut: messages that could not be copied, one by one: where each of them lies, so that a person
// can save it as a file, and another try. The list itself is CopyView::skipped().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"
#include "migration/oauth/next_steps.hpp"

namespace tandem::migration {

using net::Task;

// The words of the page's buttons stand in them: `skipped.retry` and `skipped.save` of its texts.
inline constexpr oauth::NextStep ask_about_words_step{
    "Ask that side's administrator about the words above, then press \"Try again\" at the message, "
    "or save it as a file.",
    "上の応答について、その側の管理者に相談してください。解決したらメールの「再試行」を押すか、"
    "「ファイルに保存」してください。"};
inline constexpr oauth::NextStep raise_size_limit_step{
    "Raise the size limit on that side, then press \"Try again\" at the message, or save it as a "
    "file.",
    "その側のサイズ上限を引き上げてからメールの「再試行」を押すか、「ファイルに保存」してください"
    "。"};
inline constexpr oauth::NextStep raise_daily_limit_step{
    "Raise download_per_day or upload_per_day, if that side allows it, then press \"Try again\" at "
    "the message, or save it as a file.",
    "その側で可能なら download_per_day または upload_per_day を引き上げてからメールの「再試行」を"
    "押すか、「ファイルに保存」してください。"};

struct MessagePlace {
  Side side = Side::old_side;
  std::string folder;          // UTF-8, as on that side
  std::uint32_t validity = 0;  // UIDVALIDITY that `uid` is of
  std::uint32_t uid = 0;
  std::uint64_t size = 0;  // bytes, as the server says
};

class LeftOut {  // implemented by sync/
 public:
  virtual ~LeftOut() = default;
  // By its SkippedMessage::id. Any thread, as all of these. not_found: it is not listed (any more),
  // or it is a whole folder.
  [[nodiscard]] virtual Result<MessagePlace> place_of(AccountId account,
                                                      const std::string& id) const = 0;
  // The next pass tries these again, whatever else it does, and begins soon; `ids` empty: all that
  // are listed. It is remembered in the ledger until they were tried. How many. not_found: none of
  // them is listed.
  virtual Task<Result<std::uint64_t>> try_again(AccountId account,
                                                std::vector<std::string> ids) = 0;
};

}  // namespace tandem::migration
