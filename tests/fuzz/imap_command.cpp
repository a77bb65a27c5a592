// A hostile IMAP client's commands (T-15, T-16): the same steps at any split, bounded memory, and
// the parser answers each complete command with a value or an error of ours.
#include <string>
#include <vector>

#include "lib/protocol/imap/command_reader.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;
using Step = imap::CommandReader::Step;

namespace {

constexpr imap::CommandReader::Limits limits{.command = 2048, .non_synchronising = 4096};

class Session {
 public:
  // Everything that can be done with what was fed.
  void feed(std::string_view bytes) {
    reader_.feed(bytes);
    while (true) {
      const Step step = reader_.next();
      if (step == Step::need_input) break;
      if (step == Step::message_data) {
        if (!take()) break;
        continue;
      }
      note(step);
    }
    fuzz::require(reader_.memory() <= 64 * 1024, "a command's memory is bounded (T-15)");
  }
  [[nodiscard]] const std::string& seen() const { return seen_; }

 private:
  bool take() {
    char room[512];
    const std::size_t count = reader_.take_message(room);
    seen_.append(room, count);
    return count > 0;
  }
  void note(Step step) {
    seen_ += "\n" + std::to_string(static_cast<int>(step)) + ":";
    if (step == Step::refused) seen_ += reader_.error().to_string();
    if (step == Step::command) command();
    if (step == Step::append) append();
    if (step == Step::append_more) item();
  }
  void command() {
    seen_ += reader_.text();
    const auto parsed = imap::parse_command(reader_.text());
    if (parsed) return;
    const std::string answer = parsed.error().to_string();
    fuzz::require(fuzz::is_clean(answer), "an answer is one clean line (T-21)");
  }
  void append() {
    seen_ += reader_.text();
    const auto parsed = imap::parse_append(reader_.text(), {});
    if (!parsed) return reader_.refuse(parsed.error(), 0, false);
    take_or_refuse(std::get<imap::command::Append>(parsed->body).first);
  }
  void item() {
    const auto parsed = imap::parse_append_item(reader_.text());
    if (!parsed) return reader_.refuse(parsed.error(), 0, false);
    take_or_refuse(*parsed);
  }
  void take_or_refuse(const imap::command::AppendItem& item) {
    if (item.size <= 100'000) return reader_.accept(item.size);
    const imap::CommandError error{.tag = "*", .text = "too big", .code = "TOOBIG", .no = true};
    reader_.refuse(error, item.size, item.synchronising);
  }
  imap::CommandReader reader_{limits};
  std::string seen_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  Session whole;
  whole.feed(input);
  Session split;
  fuzz::in_pieces(input, 3, [&](std::string_view piece) { split.feed(piece); });
  fuzz::require(whole.seen() == split.seen(), "the split changes nothing");
  return 0;
}
