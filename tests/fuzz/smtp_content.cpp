// DATA and BDAT content in (T-08…T-14): the same bytes come out at any split, and clean; what
// DotWriter makes of them is read back as the same message.
#include <algorithm>
#include <string>

#include "lib/protocol/smtp/dot_reader.hpp"
#include "lib/protocol/smtp/dot_writer.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;

namespace {

struct Read {
  std::string out;
  bool done = false;
  smtp::DotReader::Verdict verdict{};
  std::size_t taken = 0;
};

Read read(std::string_view input, std::size_t most, smtp::DotReader::Mode mode) {
  smtp::DotReader reader(smtp::FramingPolicy::normalise, {.size = 4096, .header = 512, .line = 256},
                         mode);
  Read result;
  fuzz::in_pieces(input, most, [&](std::string_view piece) {
    if (!reader.done()) result.taken += reader.feed(piece, result.out);
  });
  if (mode == smtp::DotReader::Mode::chunks) reader.finish(result.out);
  result.done = reader.done();
  result.verdict = reader.verdict();
  return result;
}

void write_and_read_back(const std::string& message) {
  smtp::DotWriter writer;
  std::string wire;
  fuzz::in_pieces(message, 7, [&](std::string_view piece) { writer.write(piece, wire); });
  writer.end(wire);
  fuzz::require(fuzz::is_clean(wire), "what leaves is clean (T-09)");
  smtp::DotReader reader;
  std::string again;
  fuzz::require(reader.feed(wire, again) == wire.size() && reader.done(), "one end, at the end");
  fuzz::require(again == message, "the message is the same after a hop");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  for (const auto mode : {smtp::DotReader::Mode::dots, smtp::DotReader::Mode::chunks}) {
    const Read whole = read(input, std::max<std::size_t>(size, 1), mode);
    const Read split = read(input, 3, mode);
    fuzz::require(whole.out == split.out, "the split does not change the message");
    fuzz::require(
        whole.done == split.done && whole.verdict == split.verdict && whole.taken == split.taken,
        "the split does not change the end or the verdict");
    const bool complete = whole.done || mode == smtp::DotReader::Mode::chunks;
    if (!complete || whole.verdict != smtp::DotReader::Verdict::ok) continue;
    fuzz::require(fuzz::is_clean(whole.out), "what comes out is clean (T-10)");
    write_and_read_back(whole.out);
  }
  return 0;
}
