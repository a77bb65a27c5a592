// One connection: takes each request past the guard to its resource, or to the page. Internal.
#pragma once

#include <optional>

#include "lib/net/http/server.hpp"
#include "lib/net/task_group.hpp"
#include "webui/context.hpp"
#include "webui/route.hpp"

namespace tandem::webui {

class Connection final : public net::HttpHandler {
 public:
  // All outlive it.
  Connection(Context& context, net::Stream& stream, net::TaskGroup& group);

  Task<void> handle(net::HttpRequest request, net::HttpResponder& responder) override;

 private:
  Task<void> answer_api(net::HttpRequest request, net::HttpResponder& responder);

  Context& context_;
  net::Stream& stream_;
  net::TaskGroup& group_;
  bool busy_ = false;
  net::TaskGroup::StopHandle stop_;
};

}  // namespace tandem::webui
