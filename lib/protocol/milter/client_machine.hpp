// The mail server's half of the milter protocol, without I/O, for one message: negotiation,
// connection, HELO, envelope, header, body, end. The driver does what next() says:
//   send → write the bytes; read → received() or failed(); content → content() or content_end();
//   done → take().
// An Error means that the filter has not judged: it broke the protocol, a limit or the connection.
// What a filter does not want to hear is not said, what it does not answer is not waited for (its
// negotiated options). Of the changes it asks for, added fields are kept; a deleted
// Authentication-Results is nothing new to the caller (RFC 8601 5) and passed over; everything else
// is counted as not made. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/protocol/milter/examination.hpp"
#include "lib/protocol/milter/packet.hpp"
#include "lib/protocol/milter/protocol.hpp"
#include "lib/protocol/milter/verdict.hpp"

namespace tandem::milter {

struct ClientWaits {
  Duration command = std::chrono::seconds(20);
  Duration end = std::chrono::seconds(60);  // after the body; each "progress" begins it anew
};

struct ClientAction {
  enum class Kind : std::uint8_t { send, read, content, done };
  Kind kind = Kind::done;
  std::string bytes;  // send: about 64 KiB at most
  Duration wait{};    // send, read: no longer than this
};

class ClientMachine {
 public:
  explicit ClientMachine(Examination message, ClientWaits waits = {});

  [[nodiscard]] ClientAction next();
  void received(std::string_view bytes);
  void failed(Error error);  // closed, timed out, the body cannot be read
  // The next piece of the body, at most `largest_data` bytes, and its end.
  void content(std::string_view piece);
  void content_end();

  [[nodiscard]] Result<Verdict> take();
  // The filter has heard enough of the message: its body need not be read.
  [[nodiscard]] bool decided() const { return step_ == Step::quit || step_ == Step::over; }

 private:
  // What is said next. over: nothing more is said.
  enum class Step : std::uint8_t {
    negotiate,
    connect,
    helo,
    mail,
    rcpt,
    data,
    header,
    end_of_header,
    body,
    end,
    quit,
    over
  };

  void say();
  void say_connect();
  void say_mail();
  void say_rcpt();
  void say_header();
  // Unless the filter does not want it; waits for the answer unless it gives none.
  void tell(Command command, const std::string& data, std::uint32_t unwanted, std::uint32_t silent);
  void macros(Command before, std::uint32_t unwanted,
              std::initializer_list<std::pair<std::string_view, std::string>> given);
  [[nodiscard]] bool wanted(std::uint32_t unwanted) const { return (options_ & unwanted) == 0; }

  void on_answer(const Packet& packet);
  void on_negotiated(const Packet& packet);
  bool on_decision(Answer answer, std::string_view data);
  bool on_change(Answer answer, std::string_view data);
  void add_field(std::string_view data, std::size_t at);
  void change_field(std::string_view data);
  void not_made(std::string what);
  void refuse(smtp::Reply reply);
  void finish();
  void broken(std::string what);

  Examination message_;
  ClientWaits waits_;
  Step step_ = Step::negotiate;
  Step asked_ = Step::negotiate;  // what the awaited answer is to
  bool waiting_ = false;
  bool skip_body_ = false;
  bool in_message_ = false;  // MAIL was said and the end was not answered
  std::size_t next_ = 0;     // recipient or field
  std::uint32_t version_ = newest_version;
  std::uint32_t options_ = 0;
  std::string out_;
  PacketReader reader_;
  std::size_t answers_ = 0;
  std::size_t added_bytes_ = 0;
  Verdict verdict_;
  std::optional<Error> error_;
};

}  // namespace tandem::milter
