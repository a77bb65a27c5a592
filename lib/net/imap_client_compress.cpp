// ImapClient: COMPRESS=DEFLATE (RFC 4978), and how it is seen that a link is slow.
#include <fmt/format.h>

#include "lib/net/deflate_stream.hpp"
#include "lib/net/imap_client.hpp"

namespace tandem::net {
namespace {

std::string_view whose(Origin side) {
  return side == Origin::other ? "server" : name_of(side);
}

}  // namespace

bool ImapClient::is_worth_compressing(std::uint64_t bytes) const {
  if (compression_tried_ || !has("COMPRESS=DEFLATE")) return false;
  if (options_.compression != Compression::slow_links)
    return options_.compression == Compression::always;
  return round_trip_ && *round_trip_ >= slow_round_trip &&
         bytes + bytes_received_ + bytes_sent_ >= much_to_move;
}

Task<Result<void>> ImapClient::compress_for(std::uint64_t bytes) {
  if (!is_worth_compressing(bytes)) co_return Result<void>();
  // What was sent ahead would be answered in the clear, and half an APPEND has begun there.
  const bool quiet = open_.size() == unawaited_.size() && append_left_ == 0 && !hears_all_;
  if (!quiet) co_return Result<void>();
  auto answered = co_await await_all();
  if (!answered) co_return answered;
  compression_tried_ = true;
  const auto tag = co_await send("COMPRESS DEFLATE");
  if (!tag) co_return fail(tag.error());
  const auto done = co_await finish(*tag);
  if (!done) co_return fail(done.error());
  // NO, perhaps [COMPRESSIONACTIVE] (RFC 4978 3): it goes on as it was.
  if (!done->ok()) co_return Result<void>();
  Error damaged{.kind = ErrorKind::protocol, .origin = options_.side};
  damaged.what = fmt::format("compressed data of the {} is damaged", whose(options_.side));
  damaged.next_step = options_.if_damaged;
  // What came with the answer is compressed already.
  stream_ = make_deflated(std::move(stream_), reader_.take_rest(), std::move(damaged));
  co_return Result<void>();
}

// A command that left while no other was on its way, and whose end was read: it took a round trip,
// and what the server needed for it.
void ImapClient::note_round_trip() {
  if (!std::exchange(alone_, false)) return;
  const Duration took = read_at_ - left_at_;
  if (!round_trip_ || took < *round_trip_) round_trip_ = took;
}

}  // namespace tandem::net
