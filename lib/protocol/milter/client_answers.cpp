// What a filter answers: it goes on, decides, or asks for changes.
#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/protocol/milter/client_machine.hpp"

namespace tandem::milter {
namespace {

constexpr std::size_t most_answers = 10'000;
constexpr std::size_t most_added = 200;
constexpr std::size_t most_added_bytes = 256 * 1024;

}  // namespace

void ClientMachine::received(std::string_view bytes) {
  while (!bytes.empty() && !error_ && !decided()) {
    bytes.remove_prefix(reader_.feed(bytes));
    if (reader_.state() == PacketReader::State::malformed)
      return broken("the milter sent a packet of no sensible size");
    if (reader_.state() == PacketReader::State::more) return;
    const Packet packet = reader_.take();
    if (!waiting_) return broken("the milter answered out of turn");
    if (++answers_ > most_answers) return broken("the milter answered without end");
    on_answer(packet);
  }
}

void ClientMachine::on_answer(const Packet& packet) {
  if (asked_ == Step::negotiate) return on_negotiated(packet);
  const auto answer = static_cast<Answer>(packet.letter);
  if (answer == Answer::progress) return;
  if (answer == Answer::skip && asked_ == Step::body) {
    skip_body_ = true;
    waiting_ = false;
    step_ = Step::end;
    return;
  }
  if (answer == Answer::go_on) {
    waiting_ = false;
    if (asked_ == Step::end) finish();
    return;
  }
  if (on_decision(answer, packet.data)) return;
  if (asked_ == Step::end && on_change(answer, packet.data)) return;
  broken("the milter answered what nobody asked: '" + printable({&packet.letter, 1}) + "'");
}

void ClientMachine::on_negotiated(const Packet& packet) {
  std::string_view data = packet.data;
  if (packet.letter != static_cast<char>(Command::negotiate) || data.size() < 12)
    return broken("this is not a milter: it does not negotiate");
  version_ = take_number(data);
  if (version_ < oldest_version || version_ > newest_version)
    return broken("the milter speaks version " + std::to_string(version_) + " of its protocol");
  // Some claim every change there is, whatever is offered; what cannot be made is not made.
  (void)take_number(data);
  options_ = take_number(data) & option::offered;
  waiting_ = false;
}

bool ClientMachine::on_decision(Answer answer, std::string_view data) {
  switch (answer) {
    case Answer::accept: finish(); return true;
    case Answer::discard:
      verdict_.decision = Verdict::Decision::discard;
      finish();
      return true;
    case Answer::reject:
      refuse(smtp::make_reply(550, "5.7.1", "The message was refused by a filter"));
      return true;
    case Answer::tempfail:
      refuse(smtp::make_reply(451, "4.7.1", "A filter asks to try again later"));
      return true;
    case Answer::shut_down:
    case Answer::fail_connection:
      refuse(smtp::make_reply(451, "4.3.2", "A filter is not ready, try again later"));
      return true;
    case Answer::reply_code: refuse(read_reply(take_text(data))); return true;
    default: return false;
  }
}

void ClientMachine::refuse(smtp::Reply reply) {
  verdict_.decision = Verdict::Decision::refuse;
  verdict_.reply = std::move(reply);
  finish();
}

// The filter has judged.
void ClientMachine::finish() {
  if (asked_ == Step::end) in_message_ = false;
  waiting_ = false;
  step_ = Step::quit;
}

bool ClientMachine::on_change(Answer answer, std::string_view data) {
  switch (answer) {
    case Answer::add_header: add_field(data, verdict_.added.size()); return true;
    case Answer::insert_header: {
      const std::size_t place = std::max<std::size_t>(take_number(data), 1) - 1;
      add_field(data, std::min(place, verdict_.added.size()));
      return true;
    }
    case Answer::change_header: change_field(data); return true;
    case Answer::quarantine: verdict_.quarantine = printable(take_text(data)); return true;
    case Answer::replace_body: not_made("another body"); return true;
    case Answer::change_sender: not_made("another sender"); return true;
    case Answer::add_recipient:
    case Answer::add_recipient_with_parameters: not_made("a further recipient"); return true;
    case Answer::remove_recipient: not_made("a recipient less"); return true;
    default: return false;
  }
}

void ClientMachine::add_field(std::string_view data, std::size_t at) {
  const std::string_view name = take_text(data);
  std::string value(take_text(data));
  if ((options_ & option::leading_space) == 0) value.insert(0, " ");
  auto field = fit_field(name, value);
  if (!field) return not_made("a field " + printable(name, 40));
  added_bytes_ += field->name.size() + field->value.size();
  if (verdict_.added.size() == most_added || added_bytes_ > most_added_bytes)
    return broken("the milter adds more fields than a message bears");
  verdict_.added.insert(verdict_.added.begin() + static_cast<std::ptrdiff_t>(at),
                        std::move(*field));
}

void ClientMachine::change_field(std::string_view data) {
  (void)take_number(data);
  const std::string_view name = take_text(data);
  const bool removed = take_text(data).empty();
  if (removed && iequals(name, "Authentication-Results")) return;
  not_made((removed ? "no field " : "another field ") + printable(name, 40));
}

void ClientMachine::not_made(std::string what) {
  if (verdict_.not_made++ == 0) verdict_.first_not_made = std::move(what);
}

}  // namespace tandem::milter
