#include "lib/net/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tandem::net {

namespace asio = boost::asio;

Descriptor::Descriptor(const Executor& executor, int descriptor) : descriptor_(executor) {
  if (descriptor < 0) return;
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  boost::system::error_code error;
  descriptor_.assign(descriptor, error);
  if (error) ::close(descriptor);
}

Task<void> Descriptor::wait_readable() {
  boost::system::error_code ignored;
  co_await descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                                  asio::redirect_error(asio::use_awaitable, ignored));
}

Task<void> Descriptor::wait_writable() {
  boost::system::error_code ignored;
  co_await descriptor_.async_wait(asio::posix::descriptor_base::wait_write,
                                  asio::redirect_error(asio::use_awaitable, ignored));
}

void Descriptor::interrupt() {
  boost::system::error_code ignored;
  descriptor_.cancel(ignored);
}

void Descriptor::close() {
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

}  // namespace tandem::net
