// An mbox file of anybody's making: its messages lie in order inside of it and are the same however
// the bytes come; quoting comes back; and names of files and folders are read without harm.
#include <string>
#include <vector>

#include "archive/folder_name.hpp"
#include "archive/mbox_scanner.hpp"
#include "lib/mail/mbox_quoting.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;

namespace {

using archive::MboxMessage;
using mail::MboxQuoting;

std::vector<MboxMessage> scan(std::string_view file, std::size_t most) {
  archive::MboxScanner scanner;
  fuzz::in_pieces(file, most, [&scanner](std::string_view piece) { scanner.feed(piece); });
  scanner.finish();
  return std::move(scanner.messages());
}

void check_messages(std::string_view file) {
  const auto whole = scan(file, file.size() + 1);
  const auto pieces = scan(file, 9);
  fuzz::require(whole.size() == pieces.size(), "the pieces do not matter");
  std::uint64_t behind = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const MboxMessage& one = whole[at];
    fuzz::require(one.from >= behind && one.begin >= one.from && one.end >= one.begin &&
                      one.end <= file.size(),
                  "messages lie in order inside of the file");
    behind = one.end;
    fuzz::require(one.begin == pieces[at].begin && one.end == pieces[at].end &&
                      one.incomplete == pieces[at].incomplete && one.flags == pieces[at].flags,
                  "the pieces do not matter");
  }
}

std::string pass(MboxQuoting::Way way, std::string_view text) {
  MboxQuoting quoting(way);
  std::string out;
  fuzz::in_pieces(text, 5, [&](std::string_view piece) { quoting.feed(piece, out); });
  quoting.finish(out);
  return out;
}

// A message that we write is found again, whatever is in it.
void check_written(std::string_view message) {
  archive::MboxMark mark;
  mark.origin = {1, 2};
  const std::string stored = pass(MboxQuoting::Way::quote, message);
  fuzz::require(pass(MboxQuoting::Way::unquote, stored) == message, "quoting comes back");
  mark.stored = stored.size();
  const std::string one = archive::from_line({}) + "\n" + archive::mbox_block(mark, {}) + stored +
                          (stored.ends_with('\n') ? "\n" : "\n\n");
  const std::string file = one + one;
  const auto found = scan(file, 100);
  fuzz::require(found.size() == 2, "two were written");
  for (const MboxMessage& each : found)
    fuzz::require(
        each.mark && std::string_view(file).substr(each.begin, each.end - each.begin) == stored,
        "a message comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  check_messages(input);
  check_written(input);
  (void)archive::parse_maildir_name(input);
  (void)archive::Keywords::parse(input).to_text();
  (void)archive::path_of_mbox(input);
  (void)archive::path_of_maildir("." + std::string(input));
  return 0;
}
