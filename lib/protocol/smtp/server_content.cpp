// Message content in the server machine: DATA and BDAT, limits, framing verdicts, the final
// replies.
#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/protocol/smtp/server_machine.hpp"

namespace tandem::smtp {
namespace {

constexpr std::size_t piece = 32 * 1024;  // of input; becomes at most 64 KiB of clean content

}  // namespace

void ServerMachine::begin_content(Content content) {
  content_ = content;
  if (reader_) return;
  const auto mode = content == Content::dots ? DotReader::Mode::dots : DotReader::Mode::chunks;
  reader_ = std::make_unique<DotReader>(options_.framing, options_.body, mode);
}

void ServerMachine::answered_data_start(const Reply& reply) {
  const bool chunk = content_ == Content::chunk || content_ == Content::drop;
  if (reply.positive() || reply.intermediate()) {
    if (chunk) {
      begin_content(Content::chunk);
      return;
    }
    begin_content(Content::dots);
    return say({354, "", {"Send the message, end with CRLF.CRLF"}});
  }
  if (chunk) {
    bdat_failed_ = true;
    content_ = Content::drop;
  } else {
    content_ = Content::none;
  }
  say(reply);
}

// RFC 3030 2. The size is a number of at most 18 digits; whatever cannot be read away ends the
// session, since what follows would be taken for commands (T-11).
void ServerMachine::bdat(std::string_view argument) {
  const std::size_t space = argument.find(' ');
  const auto size = parse_number(argument.substr(0, space));
  const std::string_view rest = space == std::string_view::npos ? "" : trim(argument.substr(space));
  const bool last = iequals(rest, "LAST");
  if (!options_.chunking) return close_with(502, "5.5.1", "BDAT is not available");
  if (!size || (!rest.empty() && !last))
    return close_with(501, "5.5.4", "Syntax: BDAT size, or BDAT size LAST");
  if (*size > 2 * options_.body.size || drained_ > options_.body.size)
    return close_with(552, "5.3.4", "Message size exceeds the limit");
  chunk_left_ = *size;
  last_chunk_ = last;
  content_ = Content::drop;
  if (bdat_failed_ || (state_ != State::rcpt && state_ != State::bdat)) {
    const bool no_recipient = state_ == State::mail;
    bdat_failed_ = in_transaction();
    if (no_recipient) return say(make_reply(554, "5.5.1", "No valid recipients"));
    return error(503, "5.5.1", "Bad sequence of commands");
  }
  if (state_ == State::bdat) return begin_content(Content::chunk);
  state_ = State::bdat;
  ask({Question::Kind::data_start, {}, {}, {}});
}

bool ServerMachine::take_dropped() {
  const std::uint64_t taken = std::min<std::uint64_t>(chunk_left_, in_.size());
  in_.erase(0, taken);
  chunk_left_ -= taken;
  drained_ += taken;
  if (chunk_left_ > 0) return false;
  content_ = Content::none;
  return true;
}

void ServerMachine::drained_too_much() {
  // A client that goes on after its message became hopeless is not read for ever.
  if (drained_ > options_.body.size + 1024 * 1024)
    close_with(421, "4.3.0", options_.host + " has read enough of this message");
}

bool ServerMachine::take_content() {
  std::string_view input = std::string_view(in_).substr(0, piece);
  if (content_ == Content::chunk)
    input = input.substr(0, std::min<std::uint64_t>(chunk_left_, input.size()));
  if (input.empty() && !(content_ == Content::chunk && chunk_left_ == 0)) return false;
  std::string clean;
  const std::size_t taken = reader_->feed(input, clean);
  in_.erase(0, taken);
  if (content_ == Content::chunk) {
    chunk_left_ -= taken;
    if (chunk_left_ == 0 && last_chunk_) reader_->finish(clean);
  }
  if (reader_->verdict() != DotReader::Verdict::ok || refused_chunk_) {
    drained_ += taken;
    clean.clear();
    drained_too_much();
    if (state_ == State::closing) return true;
  }
  chunk_ = std::move(clean);
  if (chunk_.empty()) return content_complete(), true;
  ask({Question::Kind::chunk, {}, {}, std::string_view(chunk_)});
  return true;
}

void ServerMachine::answer_chunk(bool taken) {
  asked_.reset();
  std::string().swap(chunk_);
  if (!taken) refused_chunk_ = true;
  if (state_ != State::closing) content_complete();
}

// After a piece: is the message or the chunk over?
void ServerMachine::content_complete() {
  if (reader_->done()) return finish_message();
  if (content_ != Content::chunk || chunk_left_ > 0) return;
  content_ = Content::none;
  say(make_reply(250, "2.0.0", "Chunk received"));
}

std::optional<Reply> ServerMachine::framing_refusal() const {
  switch (reader_->verdict()) {
    case DotReader::Verdict::ok: return {};
    case DotReader::Verdict::smuggling:
      return make_reply(554, "5.6.0", "Malformed line ends around a dot");
    case DotReader::Verdict::bare:
      return make_reply(554, "5.6.0", "Bare CR, LF or NUL in the message");
    case DotReader::Verdict::too_big:
      return make_reply(552, "5.3.4", "Message size exceeds the limit");
    case DotReader::Verdict::header_too_big: return make_reply(554, "5.6.0", "Header too large");
    case DotReader::Verdict::line_too_long: return make_reply(554, "5.6.0", "Line too long");
  }
  return {};
}

void ServerMachine::reply_for_message(const Reply& reply) {
  // RFC 2033 4.2: one reply per accepted recipient.
  const std::size_t count = options_.lmtp ? accepted_ : 1;
  for (std::size_t i = 0; i < count; ++i) out_ += to_wire(reply);
}

void ServerMachine::finish_message() {
  counts_.bare_lf += reader_->counts().bare_lf;
  counts_.bare_cr += reader_->counts().bare_cr;
  counts_.nul += reader_->counts().nul;
  if (const auto refusal = framing_refusal()) {
    reply_for_message(*refusal);
    return end_transaction(true);
  }
  ask({Question::Kind::end, {}, {}, {}});
}

void ServerMachine::answered_end(const std::vector<Reply>& replies) {
  const Reply internal = make_reply(451, "4.3.0", "The message could not be taken");
  const std::size_t count = options_.lmtp ? accepted_ : 1;
  bool goodbye = false;
  for (std::size_t i = 0; i < count; ++i) {
    Reply reply = i < replies.size() ? replies[i] : internal;
    // A message of which a piece was refused is never acknowledged.
    if (reply.code < 200 || reply.intermediate() || (refused_chunk_ && reply.positive()))
      reply = internal;
    goodbye |= reply.code == 421;
    out_ += to_wire(reply);
  }
  end_transaction(false);
  if (goodbye) state_ = State::closing;
}

}  // namespace tandem::smtp
