// A POP3 session as its client sees it: a Stream and the client machine, one call per command. A
// refused command is Error refused and leaves the session usable; see usable(). One coroutine at a
// time; the connection's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/stream.hpp"
#include "lib/protocol/pop3/client_machine.hpp"

namespace tandem::net {

struct Pop3ClientOptions {
  pop3::ClientOptions protocol;          // tls_active is taken from the stream
  std::shared_ptr<const TlsClient> tls;  // for STLS
};

// Takes a message as it comes, in clean lines (CRLF), un-stuffed, pieces of about 64 KiB.
class Pop3Sink {
 public:
  virtual ~Pop3Sink() = default;
  // An error ends the session: POP3 cannot stop a message half-way.
  virtual Task<Result<void>> take(std::string_view bytes) = 0;
};

class Pop3Client {
 public:
  Task<Result<void>> open(StreamPtr stream, Pop3ClientOptions options);  // greeting, CAPA, STLS
  // Error refused: it is not told, and the session goes on.
  Task<Result<void>> forward(pop3::SessionClient client);
  Task<Result<void>> login(sasl::Credentials credentials, bool apop = true);
  Task<Result<std::string>> stat();  // "count octets"
  Task<Result<std::vector<pop3::ListEntry>>> uidl();
  Task<Result<std::vector<pop3::ListEntry>>> list();
  Task<Result<void>> retrieve(std::uint64_t number, Pop3Sink& sink);
  Task<Result<void>> top(std::uint64_t number, std::uint64_t lines, Pop3Sink& sink);
  // Said in advance: the next calls are these, in this order. They go out with the next one, at
  // once, where the server offers PIPELINING; else nothing happens. If another retrieve() or top()
  // comes instead, what was asked for is read and thrown away first; nothing else may come. About
  // thirty at a time: the server must not wait for us to read while we wait for it.
  void retrieve_ahead(std::uint64_t number) { machine_->retrieve_ahead(number); }
  void top_ahead(std::uint64_t number, std::uint64_t lines) { machine_->top_ahead(number, lines); }
  // The same, asked for in pieces: begin one, then take pieces until an empty one says that all of
  // it was there. Nothing else may be called in between.
  void begin_retrieve(std::uint64_t number) { machine_->retrieve(number); }
  void begin_top(std::uint64_t number, std::uint64_t lines) { machine_->top(number, lines); }
  Task<Result<std::string>> piece();
  Task<Result<void>> dele(std::uint64_t number);
  Task<Result<void>> rset();
  Task<Result<void>> noop();
  // Removes what was DELEd; closes. Only closes while something was asked for ahead.
  Task<Result<void>> quit();
  void close();

  [[nodiscard]] bool usable() const;
  [[nodiscard]] const pop3::ClientCapabilities& capabilities() const {
    return machine_->capabilities();
  }
  // For a proxy that takes over after login(): the stream, and the bytes read ahead.
  [[nodiscard]] StreamPtr release(std::string& rest);

 private:
  Task<Result<std::string>> run(Pop3Sink* sink = nullptr);
  Task<Result<void>> run_plain(Pop3Sink* sink = nullptr);
  Task<Result<void>> skip_ahead(std::string line);
  Task<void> perform(pop3::ClientAction action);  // send, read, start_tls
  Task<void> secure(Duration wait);
  Result<std::string> finish();
  Task<void> read(Duration wait);

  StreamPtr stream_;
  std::shared_ptr<const TlsClient> tls_;
  std::unique_ptr<pop3::ClientMachine> machine_;
};

}  // namespace tandem::net
