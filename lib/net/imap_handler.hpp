// Who receives what a server sends. The default of each call is to take no notice.
#pragma once

#include <string_view>

#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "lib/protocol/imap/response.hpp"

namespace tandem::net {

// Calls come in the order of the server's bytes; while one waits, nothing more is read (so a slow
// receiver slows the server down). An error ends the command with that error, and the connection is
// closed, since the rest of the data would have to be read: a receiver that only wants to skip a
// message remembers that and returns success. Views are valid during the call.
class ImapHandler {
 public:
  virtual ~ImapHandler() = default;

  // A body of `size` bytes is about to come. `so_far` holds what the server said before it: usually
  // UID, FLAGS and the rest, but a server may say them after it. so_far.bodies.back() is the body.
  virtual Task<Result<void>> on_body(const imap::response::Fetch& so_far, std::uint64_t size);
  virtual Task<Result<void>> on_body_bytes(std::string_view bytes);
  virtual Task<Result<void>> on_body_end();
  // A FETCH is complete; bodies that were passed on above are marked `streamed`.
  virtual Task<Result<void>> on_message(const imap::response::Fetch& message);
  // Everything else that is untagged. The receiver may move from it.
  virtual void on_response(imap::Response& response);
};

}  // namespace tandem::net
