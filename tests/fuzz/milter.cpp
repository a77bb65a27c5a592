// A hostile filter: whatever it answers, the talk ends, each packet to it is one that filters take,
// and what it adds to a message is clean header fields (T-09, T-20).
#include <string>

#include "lib/protocol/milter/client_machine.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;

namespace {

milter::Examination message() {
  milter::Examination examined;
  examined.our_name = "gate.example";
  examined.client_address = "192.0.2.7";
  examined.helo = "mta.example";
  examined.sender = "anna@sender.example";
  examined.recipients = {"aoki@example.jp"};
  examined.header = {{"From", " anna@sender.example"}, {"Subject", " one\r\n two"}};
  return examined;
}

void require_whole_packets(std::string_view bytes) {
  while (!bytes.empty()) {
    milter::PacketReader reader(milter::largest_data + 1);
    bytes.remove_prefix(reader.feed(bytes));
    fuzz::require(reader.state() == milter::PacketReader::State::complete, "whole packets");
  }
}

void require_clean(const milter::Verdict& verdict) {
  fuzz::require(verdict.added.size() <= 200, "added fields are bounded");
  for (const auto& field : verdict.added) {
    const std::string text = field.name + ":" + field.value + "\r\n";
    fuzz::require(fuzz::is_clean(text), "clean fields");
    for (std::size_t at = text.find("\r\n"); at + 2 < text.size(); at = text.find("\r\n", at + 2))
      fuzz::require(text[at + 2] == ' ' || text[at + 2] == '\t', "one field stays one field");
  }
  if (verdict.decision == milter::Verdict::Decision::refuse)
    fuzz::require(verdict.reply.code >= 400 && verdict.reply.code != 421, "a refusal refuses");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  milter::ClientMachine machine(message());
  int pieces = 3;
  while (true) {
    const milter::ClientAction action = machine.next();
    using Kind = milter::ClientAction::Kind;
    if (action.kind == Kind::done) break;
    if (action.kind == Kind::send) require_whole_packets(action.bytes);
    if (action.kind == Kind::content && pieces-- > 0) machine.content("Hello\r\n");
    if (action.kind == Kind::content && pieces < 0) machine.content_end();
    if (action.kind != Kind::read) continue;
    const std::string_view piece = input.substr(0, 30);
    input.remove_prefix(piece.size());
    if (piece.empty())
      machine.failed(Error{.kind = ErrorKind::closed, .what = "closed"});
    else
      machine.received(piece);
  }
  const auto verdict = machine.take();
  if (verdict) require_clean(*verdict);
  return 0;
}
