// An SMTP or LMTP session as its client sees it: a Stream and the client machine, one call per
// command, each with the deadline of RFC 5321 4.5.3.2 (ClientWaits). Replies are returned whatever
// their codes; an Error means that the session is of no more use. Two ways to send a message: step
// by step (mail, rcpt…, data_begin) where each recipient is judged live, or envelope() in one
// group. One coroutine at a time; the connection's thread only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/stream.hpp"
#include "lib/protocol/smtp/client_machine.hpp"

namespace tandem::net {

struct SmtpClientOptions {
  smtp::ClientOptions protocol;          // tls_active is taken from the stream
  std::shared_ptr<const TlsClient> tls;  // for STARTTLS; null: it cannot be used
};

class SmtpClient {
 public:
  using Replies = std::vector<smtp::Reply>;

  SmtpClient() = default;

  // Greeting, EHLO/LHLO, STARTTLS, XCLIENT and AUTH as the options say. Returns the last reply.
  // Error kinds: refused, tls, authentication, protocol, closed, timed_out. T-05: a failed
  // handshake is an error, never a session in the clear.
  Task<Result<smtp::Reply>> open(StreamPtr stream, SmtpClientOptions options);

  Task<Result<smtp::Reply>> mail(smtp::MailCommand command);
  Task<Result<smtp::Reply>> rcpt(smtp::RcptCommand command);
  // MAIL, RCPTs and DATA (`with_data`), pipelined where offered; replies in this order.
  Task<Result<Replies>> envelope(smtp::MailCommand mail, std::vector<smtp::RcptCommand> rcpts,
                                 bool with_data);
  // Says DATA; data_begin() waits for the answer. In between nothing else can be said: a message
  // that is not to be sent after all ends with data_abandon().
  Task<void> data_ahead();
  [[nodiscard]] bool said_data() const { return said_data_; }
  Task<Result<smtp::Reply>> data_begin();  // 354: content may follow
  // Content at any split; stuffed and cleaned on the way. Any size; it leaves in pieces of 64 KiB,
  // the last one together with the dot.
  Task<Result<void>> data_chunk(std::string_view bytes);
  // SMTP: one reply. LMTP: one per accepted recipient; after an Error early_replies() has those
  // that came, and they stand.
  Task<Result<Replies>> data_end();
  // After an Error of data_end(): the dot had left before it.
  [[nodiscard]] bool dot_left() const { return dot_left_; }
  [[nodiscard]] Replies early_replies() { return machine_->take_early_replies(); }
  // Ends the message without its dot: closes the connection (RFC 5321 has no other way).
  void data_abandon() { close(); }

  Task<Result<smtp::Reply>> rset();
  Task<Result<smtp::Reply>> noop();
  // XCLIENT and EHLO for the next client; an Error: the session still speaks for the last one.
  Task<Result<smtp::Reply>> forward(smtp::ClientIdentity client);
  [[nodiscard]] bool forwarded() const { return machine_->forwarded(); }
  Task<Result<smtp::Reply>> command(std::string line);  // any other line
  Task<void> quit();                                    // waits shortly for 221, then closes
  void close();

  [[nodiscard]] bool usable() const;
  // The server said something nobody asked for, or ended the session.
  [[nodiscard]] bool spoke_unasked();
  [[nodiscard]] const smtp::Capabilities& capabilities() const { return machine_->capabilities(); }
  [[nodiscard]] bool spent() const { return machine_->spent(); }
  [[nodiscard]] std::size_t accepted() const { return machine_->accepted(); }
  [[nodiscard]] Stream& stream() { return *stream_; }
  // For a proxy that takes over after AUTH: the stream, and the bytes read ahead.
  [[nodiscard]] StreamPtr release(std::string& rest);

 private:
  Task<Result<Replies>> run();
  Task<Result<smtp::Reply>> run_one();
  Task<void> send(smtp::ClientAction action);
  Task<void> read(Duration wait);
  Task<Result<void>> write_content();

  StreamPtr stream_;
  std::shared_ptr<const TlsClient> tls_;
  std::unique_ptr<smtp::ClientMachine> machine_;
  std::string content_;  // stuffed, not written yet
  bool dot_left_ = false;
  bool said_data_ = false;  // ahead; its answer is still to be read
};

}  // namespace tandem::net
