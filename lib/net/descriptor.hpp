// Descriptor: a file descriptor that coroutines wait on. The one place where Asio's reactor is
// used; bytes are moved by plain system calls. Private to lib/net.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

#include "lib/net/task.hpp"

namespace tandem::net {

class Descriptor {
 public:
  // Takes it over and makes it non-blocking. Not open afterwards: it was -1, or the kernel's limit
  // of watched descriptors is reached.
  Descriptor(const Executor& executor, int descriptor);

  [[nodiscard]] int get() { return descriptor_.native_handle(); }
  [[nodiscard]] bool is_open() const { return descriptor_.is_open(); }
  // Return when a system call may succeed, or by interrupt, close or cancellation: look again.
  [[nodiscard]] Task<void> wait_readable();
  [[nodiscard]] Task<void> wait_writable();
  void interrupt();
  void close();

 private:
  boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace tandem::net
