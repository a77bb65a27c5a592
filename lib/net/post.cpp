#include "lib/net/post.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace tandem::net {

void post_to(const Executor& executor, std::function<void()> call) {
  boost::asio::post(executor, std::move(call));
}

}  // namespace tandem::net
