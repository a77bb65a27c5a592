// Transport: what carries the bytes of a NetStream, spoken to without waiting: a socket, or a pipe
// in memory. Whoever uses it tries, and waits when told to. Private to lib/net.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/net/task.hpp"

namespace tandem::net {

struct Attempt {
  enum class Outcome : std::uint8_t { done, end, want_read, want_write, failed };
  Outcome outcome = Outcome::done;
  std::size_t count = 0;               // with done
  ErrorKind kind = ErrorKind::closed;  // with failed
  std::string what;                    // with failed
};

class Transport {
 public:
  virtual ~Transport() = default;

  virtual Attempt try_read(std::span<char> into) = 0;
  [[nodiscard]] virtual bool has_input() = 0;  // a try_read would not wait
  // May take a part. `more`: the next one follows at once, these need not leave before it.
  virtual Attempt try_write(std::string_view bytes, bool more) = 0;
  // Return when a try may succeed, or for no reason (interrupt, cancellation): look again.
  virtual Task<void> wait_readable() = 0;
  virtual Task<void> wait_writable() = 0;
  virtual void interrupt() = 0;  // makes waits under way return
  virtual void shutdown_send() = 0;
  virtual void close() = 0;  // repeated: harmless; later tries fail
};

}  // namespace tandem::net
