// A hostile SMTP client, met in four states: fresh, greeted, with an envelope, inside the content.
// Whatever it sends, every message taken is clean and memory is bounded (T-08…T-15).
#include <array>
#include <string>

#include "tests/fuzz/target.hpp"
#include "tests/protocol/smtp_server_fixture.hpp"

using namespace tandem;

namespace {

constexpr std::array<std::string_view, 4> before{
    "", "EHLO client.example\r\n",
    "EHLO client.example\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@mx.example>\r\n",
    "EHLO client.example\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n"};

void talk(std::string_view prefix, std::string_view input, bool lmtp) {
  smtp::ServerOptions options = smtp::test::ServerRun::standard();
  options.lmtp = lmtp;
  options.starttls = true;
  options.xclient = true;
  options.auth_without_tls = true;
  options.auth_mechanisms = {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"};
  options.body = {.size = 1 << 16, .header = 4096, .line = 2048};
  smtp::test::ServerRun run(options);
  run.say(prefix);
  fuzz::in_pieces(input, 200, [&](std::string_view piece) {
    run.feed(piece);
    fuzz::require(run.machine.in_content() || run.machine.held() <= 16 * 1024,
                  "at most 16 KiB are held outside a message (T-15)");
  });
  if (!run.closed) run.machine.ended();
  run.turn();
  fuzz::require(run.closed, "the peer has gone: the session ends");
  fuzz::require(run.largest_chunk <= 64 * 1024, "content comes in pieces of 64 KiB at most");
  for (const std::string& message : run.messages)
    fuzz::require(fuzz::is_clean(message), "messages are clean");
  fuzz::require(fuzz::is_clean(run.out), "answers are whole lines");
  fuzz::require(smtp::is_well_formed(run.client), "whom a client speaks for is well-formed (T-21)");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const std::string_view prefix : before) talk(prefix, fuzz::text_of(data, size), false);
  return 0;
}
