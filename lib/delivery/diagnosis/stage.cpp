// Which command a server refused, from how mail systems tell of it.
#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/codes.hpp"
#include "lib/delivery/diagnosis/diagnosis.hpp"

namespace tandem::delivery {
namespace {

constexpr std::size_t max_text = 64 * 1024;

struct Phrase {
  std::string_view words;
  Stage stage;
};
constexpr Phrase phrases[] = {
    {"after initial connection", Stage::connection},
    {"refused to talk to me", Stage::connection},
    {"my name was rejected", Stage::connection},
    {"in reply to ehlo", Stage::connection},
    {"in reply to helo", Stage::connection},
    {"after ehlo", Stage::connection},
    {"after helo", Stage::connection},
    {"in reply to mail from", Stage::sender},
    {"after mail from", Stage::sender},
    {"sender was rejected", Stage::sender},
    {">>> mail from", Stage::sender},
    {"following mail command", Stage::sender},
    {"in reply to rcpt to", Stage::recipient},
    {"after rcpt", Stage::recipient},
    {"does not like recipient", Stage::recipient},
    {">>> rcpt to", Stage::recipient},
    {"following rcpt command", Stage::recipient},
    {"like our rcpt to", Stage::recipient},
    {"in reply to end of data", Stage::content},
    {"in reply to data", Stage::content},
    {"after end of data", Stage::content},
    {"after i sent the message", Stage::content},
    {">>> data", Stage::content},
    {"for text command", Stage::content},
    {"like our final data", Stage::content},
};

std::size_t first_refusal(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (reply_code_at(text, at)) return at;
  return text.size();
}

}  // namespace

Stage read_stage(std::string_view given) {
  const auto text = lower(given.substr(0, max_text));
  const auto refusal = first_refusal(text);
  Stage stage = Stage::unknown;
  std::size_t nearest = 0;  // the last phrase before the refusal, else the first behind it
  for (const auto& phrase : phrases) {
    const auto before = text.rfind(phrase.words, refusal);
    const auto behind = text.find(phrase.words, refusal);
    const auto rank = before != std::string::npos   ? text.size() + before
                      : behind != std::string::npos ? text.size() - behind
                                                    : 0;
    if (rank <= nearest) continue;
    nearest = rank;
    stage = phrase.stage;
  }
  return stage;
}

}  // namespace tandem::delivery
