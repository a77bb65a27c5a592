#include "lib/net/deflate_stream.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <optional>

#include <boost/asio/this_coro.hpp>
#include <zlib.h>

#include "lib/net/wait.hpp"

namespace tandem::net {
namespace {

namespace this_coro = boost::asio::this_coro;

constexpr int raw = -MAX_WBITS;  // RFC 1951 alone: no header, no checksum
constexpr std::size_t piece = 16 * 1024;
// After so many reads that did not have to wait, others on the context get their turn.
constexpr int longest_streak = 64;

uInt bounded(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

// What comes. It holds what was received and not yet inflated.
class Inflater {
 public:
  enum class Step : std::uint8_t {
    produced,  // bytes are there
    hungry,    // all that came is inflated; perhaps it stood for no bytes at all
    ended,     // the peer has ended the compressed data
    damaged,   // what came is no compressed data
  };

  explicit Inflater(std::string ahead) : input_(std::move(ahead)) {
    if (::inflateInit2(&state_, raw) != Z_OK) throw std::bad_alloc();
    point_at_input();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { (void)::inflateEnd(&state_); }

  // At most as many bytes as `into` has room for; `count` says how many. Steps other than
  // `produced` come again when asked again.
  Step next(std::span<char> into, std::size_t& count) {
    state_.next_out = reinterpret_cast<Bytef*>(into.data());
    state_.avail_out = bounded(into.size());
    const uInt room = state_.avail_out;
    if (!ended_) {
      const int code = ::inflate(&state_, Z_SYNC_FLUSH);
      if (code == Z_MEM_ERROR) throw std::bad_alloc();
      ended_ = code == Z_STREAM_END;
      damaged_ = code != Z_OK && code != Z_BUF_ERROR && !ended_;
    }
    count = room - state_.avail_out;
    is_more_likely_ = state_.avail_out == 0;
    if (state_.avail_in == 0) {
      std::string().swap(input_);
      point_at_input();
    }
    if (count > 0) return Step::produced;
    if (damaged_) return Step::damaged;
    return ended_ ? Step::ended : Step::hungry;
  }

  // Room for the next read. Only while hungry.
  std::span<char> space() {
    input_.resize(piece);
    return input_;
  }
  void filled(std::size_t count) {
    input_.resize(count);
    point_at_input();
  }
  [[nodiscard]] bool has_input() const { return state_.avail_in > 0 || is_more_likely_; }

 private:
  void point_at_input() {
    state_.next_in = reinterpret_cast<Bytef*>(input_.data());
    state_.avail_in = bounded(input_.size());
  }

  z_stream state_{};
  std::string input_;
  bool ended_ = false;
  bool damaged_ = false;
  bool is_more_likely_ = false;  // the last room was filled
};

// What goes.
class Deflater {
 public:
  Deflater() {
    // The fastest level: of mail it leaves little more than the slowest, since most of it is
    // base64.
    constexpr int memory = 8;
    const int code =
        ::deflateInit2(&state_, Z_BEST_SPEED, Z_DEFLATED, raw, memory, Z_DEFAULT_STRATEGY);
    if (code != Z_OK) throw std::bad_alloc();
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { (void)::deflateEnd(&state_); }

  // `bytes` must stay until take() gave less than it had room for.
  void give(std::string_view bytes) {
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    state_.avail_in = bounded(bytes.size());
  }
  std::size_t take(std::span<char> into) {
    state_.next_out = reinterpret_cast<Bytef*>(into.data());
    state_.avail_out = bounded(into.size());
    const uInt room = state_.avail_out;
    (void)::deflate(&state_, Z_SYNC_FLUSH);  // cannot fail: the state is its own
    return room - state_.avail_out;
  }

 private:
  z_stream state_{};
};

class DeflateStream final : public Stream {
 public:
  DeflateStream(StreamPtr inner, std::string ahead, Error if_damaged)
      : inner_(std::move(inner)), inflater_(std::move(ahead)), if_damaged_(std::move(if_damaged)) {}

  Task<Result<std::size_t>> read_some(std::span<char> into) override;
  Task<Result<void>> write(std::string_view bytes) override;
  Task<Result<void>> wait_readable() override;
  [[nodiscard]] bool has_input() override {
    return peeked_ || inflater_.has_input() || inner_->has_input();
  }
  Task<Result<void>> start_tls(std::shared_ptr<const TlsServer>) override { return no_tls(); }
  Task<Result<void>> start_tls(std::shared_ptr<const TlsClient>) override { return no_tls(); }
  void expires_after(Duration after) override { inner_->expires_after(after); }
  void expires_never() override { inner_->expires_never(); }
  Task<Result<void>> shutdown_send() override { return inner_->shutdown_send(); }
  void close() override { inner_->close(); }
  [[nodiscard]] bool is_open() const override { return inner_->is_open(); }
  [[nodiscard]] const ConnectionInfo& info() const override { return inner_->info(); }
  void set_peer(std::string address, std::uint16_t port) override {
    inner_->set_peer(std::move(address), port);
  }

 private:
  Task<Result<void>> no_tls();
  Task<Result<std::size_t>> refill();
  std::unexpected<Error> damaged();

  StreamPtr inner_;
  Inflater inflater_;
  std::unique_ptr<Deflater> deflater_;  // none while idle
  std::optional<char> peeked_;          // inflated by wait_readable: the next byte to be read
  Error if_damaged_;
  int streak_ = 0;
  bool writing_ = false;
  bool torn_ = false;  // a write did not leave whole: the peer could read nothing behind it
};

Task<Result<void>> DeflateStream::no_tls() {
  close();
  co_return fail(ErrorKind::internal, "TLS cannot begin inside compression");
}

std::unexpected<Error> DeflateStream::damaged() {
  close();
  return fail(if_damaged_);
}

// 0: the peer has ended its direction.
Task<Result<std::size_t>> DeflateStream::refill() {
  const std::span<char> room = inflater_.space();
  const auto count = co_await inner_->read_some(room);
  inflater_.filled(count.value_or(0));
  co_return count;
}

Task<Result<std::size_t>> DeflateStream::read_some(std::span<char> into) {
  const auto state = co_await this_coro::cancellation_state;
  if (into.empty()) co_return fail(ErrorKind::internal, "a read into no room");
  if (++streak_ > longest_streak) {
    streak_ = 0;
    co_await yield_now();
  }
  if (state.cancelled() != boost::asio::cancellation_type::none)
    co_return fail(ErrorKind::cancelled, "the task was stopped");
  if (!inner_->is_open()) co_return co_await inner_->read_some(into);  // says why
  if (peeked_) {
    into.front() = *std::exchange(peeked_, std::nullopt);
    std::size_t more = 0;
    if (into.size() > 1) (void)inflater_.next(into.subspan(1), more);
    co_return 1 + more;
  }
  for (;;) {
    std::size_t count = 0;
    switch (inflater_.next(into, count)) {
      case Inflater::Step::produced: co_return count;
      case Inflater::Step::ended: co_return std::size_t{0};
      case Inflater::Step::damaged: co_return damaged();
      case Inflater::Step::hungry: break;
    }
    const auto more = co_await refill();
    if (!more || *more == 0) co_return more;
  }
}

// What arrives may stand for nothing (a flush): only a byte of ours, the end or a fault is worth
// waking up for.
Task<Result<void>> DeflateStream::wait_readable() {
  for (;;) {
    if (peeked_ || !inner_->is_open()) break;
    char byte = 0;
    std::size_t count = 0;
    const auto step = inflater_.next(std::span<char>(&byte, 1), count);
    if (step == Inflater::Step::produced) peeked_ = byte;
    if (step != Inflater::Step::hungry) break;
    // After a flush the peer needs nothing of what the next bytes are made with.
    if (!writing_) deflater_.reset();
    const auto ready = co_await inner_->wait_readable();
    if (!ready) co_return ready;
    const auto more = co_await refill();
    if (!more) co_return fail(more.error());
    if (*more == 0) break;
  }
  if (!inner_->is_open()) co_return co_await inner_->wait_readable();
  co_return Result<void>();
}

Task<Result<void>> DeflateStream::write(std::string_view bytes) {
  if (bytes.empty()) co_return co_await inner_->write(bytes);
  if (torn_) co_return fail(ErrorKind::closed, "an earlier write did not leave whole");
  if (!deflater_) deflater_ = std::make_unique<Deflater>();
  const auto room = std::make_unique_for_overwrite<char[]>(piece);
  writing_ = torn_ = true;
  deflater_->give(bytes);
  std::size_t count = piece;
  while (count == piece) {  // less: it is all there, and the flush behind it
    count = deflater_->take({room.get(), piece});
    const std::string_view out(room.get(), count);
    auto written = co_await inner_->write(out);
    if (!written) {
      writing_ = false;
      co_return written;
    }
  }
  writing_ = torn_ = false;
  co_return Result<void>();
}

}  // namespace

StreamPtr make_deflated(StreamPtr inner, std::string ahead, Error if_damaged) {
  return std::make_unique<DeflateStream>(std::move(inner), std::move(ahead), std::move(if_damaged));
}

}  // namespace tandem::net
