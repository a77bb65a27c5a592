// A hostile IMAP server (T-20): the same responses at any split, bounded memory, a value or an
// error for each.
#include <string>

#include "lib/protocol/imap/parse_response.hpp"
#include "lib/protocol/imap/response_reader.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;
using Step = imap::ResponseReader::Step;

namespace {

class Session {
 public:
  void feed(std::string_view bytes) {
    if (ended_) return;
    reader_.feed(bytes);
    while (!ended_) {
      const Step step = reader_.next();
      if (step == Step::need_input) break;
      note(step);
    }
    fuzz::require(reader_.memory() <= 128 * 1024, "a response's memory is bounded (T-20)");
  }
  [[nodiscard]] const std::string& seen() const { return seen_; }

 private:
  void note(Step step) {
    if (step == Step::body_data) {
      seen_ += reader_.take_body();
      return;
    }
    seen_ += "\n" + std::to_string(static_cast<int>(step)) + ":";
    if (step == Step::error) ended_ = true;
    if (step != Step::response) return;
    seen_ += reader_.text();
    seen_ += imap::parse_response(reader_.text(), reader_.streamed()) ? "+" : "-";
    (void)imap::parse_response(reader_.text(), reader_.streamed(), true);
  }
  imap::ResponseReader reader_{{.response = 4096, .body = 100'000, .stream_from = 16}};
  std::string seen_;
  bool ended_ = false;
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
