// The memory pair: two pipes of bounded size, one per direction, behind two NetStreams.
#include <algorithm>

#include "lib/net/net_stream.hpp"
#include "lib/net/wait.hpp"

namespace tandem::net {
namespace {

using Outcome = Attempt::Outcome;

// One direction. Empty, it holds no memory.
struct Pipe {
  explicit Pipe(std::size_t limit) : capacity(limit) {}

  std::size_t capacity;
  std::string bytes;
  std::size_t head = 0;      // bytes before it were read
  bool writer_gone = false;  // the reader gets what is left, then the end
  bool reader_gone = false;  // writing fails
  WaitList readers;
  WaitList writers;

  [[nodiscard]] std::size_t size() const { return bytes.size() - head; }
  std::size_t take(std::span<char> into);
  std::size_t put(std::string_view from);
};

std::size_t Pipe::take(std::span<char> into) {
  const std::size_t count = std::min(into.size(), size());
  std::copy_n(bytes.data() + head, count, into.data());
  head += count;
  if (head == bytes.size()) {
    std::string().swap(bytes);
    head = 0;
  }
  writers.wake_all();
  return count;
}

std::size_t Pipe::put(std::string_view from) {
  const std::size_t count = std::min(from.size(), capacity - size());
  if (head > 0 && bytes.size() + count > capacity) {
    bytes.erase(0, head);
    head = 0;
  }
  bytes.append(from.substr(0, count));
  readers.wake_all();
  return count;
}

class MemoryTransport final : public Transport {
 public:
  MemoryTransport(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  ~MemoryTransport() override { close(); }

  Attempt try_read(std::span<char> into) override {
    if (in_->size() > 0) return {.count = in_->take(into)};
    if (in_->writer_gone) return {.outcome = Outcome::end};
    return {.outcome = Outcome::want_read};
  }

  [[nodiscard]] bool has_input() override { return in_->size() > 0 || in_->writer_gone; }

  Attempt try_write(std::string_view bytes, bool /*more*/) override {
    if (out_->reader_gone || out_->writer_gone) {
      return {.outcome = Outcome::failed, .what = "the peer closed the connection"};
    }
    const std::size_t count = out_->put(bytes);
    if (count == 0 && !bytes.empty()) return {.outcome = Outcome::want_write};
    return {.count = count};
  }

  Task<void> wait_readable() override {
    const auto pipe = in_;
    if (pipe->size() == 0 && !pipe->writer_gone) (void)co_await pipe->readers.wait();
  }

  Task<void> wait_writable() override {
    const auto pipe = out_;
    if (pipe->size() == pipe->capacity && !pipe->reader_gone) (void)co_await pipe->writers.wait();
  }

  void interrupt() override {
    in_->readers.wake_all(Wake::cancelled);
    out_->writers.wake_all(Wake::cancelled);
  }

  void shutdown_send() override {
    out_->writer_gone = true;
    out_->readers.wake_all();
  }

  void close() override {
    shutdown_send();
    in_->reader_gone = true;
    in_->writers.wake_all();
    interrupt();
  }

 private:
  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
};

StreamPtr make_end(const Executor& executor, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out) {
  auto transport = std::make_unique<MemoryTransport>(std::move(in), std::move(out));
  return std::make_unique<NetStream>(executor, std::move(transport), ConnectionInfo());
}

}  // namespace

std::pair<StreamPtr, StreamPtr> make_memory_pair(Executor executor, std::size_t capacity) {
  capacity = std::max<std::size_t>(capacity, 1);
  const auto there = std::make_shared<Pipe>(capacity);
  const auto back = std::make_shared<Pipe>(capacity);
  return {make_end(executor, back, there), make_end(executor, there, back)};
}

}  // namespace tandem::net
