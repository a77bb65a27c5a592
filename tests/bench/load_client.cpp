// load_client: IMAP over TLS as many people do it, for tests/bench/proxy.py. Blocking sockets, one
// thread per connection in use; OpenSSL directly, so that nothing of Tandemail is in the measure.
//
//   load_client logins PORT CA USERS THREADS COUNT   connect, TLS (full handshake, name and chain
//                                     checked), LOGIN, LOGOUT; COUNT times in all, shared by
//                                     threads
//   load_client fetch  PORT CA USERS THREADS COUNT   each thread logs in once and does
//                                     "FETCH 1:* BODY.PEEK[]" of INBOX, COUNT times in all
//   load_client idle   PORT CA USERS THREADS COUNT   opens COUNT sessions (LOGIN, SELECT, IDLE),
//   says
//                                     "ready", waits for a line, ends IDLE in each, counts those
//                                     alive
//
// USERS: user0@bench.example … are taken in turn, password "secret". One JSON object on a line is
// the answer. Any error ends the program with status 1: a figure of half a run is no figure.
#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <openssl/ssl.h>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string mode;
  int port = 0;
  std::string ca;
  int users = 1;
  int threads = 1;
  int count = 1;
};

[[noreturn]] void die(std::string_view what, std::string_view more = "") {
  std::fprintf(stderr, "load_client: %.*s %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(more.size()), more.data());
  std::_Exit(1);
}

SSL_CTX* make_context(const std::string& ca) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) != 1) die("no CA file", ca);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // every handshake is a full one
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  return context;
}

// One IMAP session over TLS to a port on loopback.
class Session {
 public:
  Session(SSL_CTX* context, int port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      die("connect failed");
    const int on = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, descriptor_);
    SSL_set_tlsext_host_name(ssl_, "localhost");
    SSL_set1_host(ssl_, "localhost");
    if (SSL_connect(ssl_) != 1) die("TLS handshake failed");
    read_until("* OK", "\r\n");
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    SSL_free(ssl_);
    close(descriptor_);
  }

  void login(int user) {
    command("a1", "LOGIN user" + std::to_string(user) + "@bench.example secret");
  }

  // Sends a command and reads up to its tagged OK; the bytes that were read.
  std::size_t command(const std::string& tag, const std::string& text) {
    send(tag + " " + text + "\r\n");
    return read_until("\r\n" + tag + " ", "\r\n");
  }

  void send(const std::string& text) {
    if (SSL_write(ssl_, text.data(), static_cast<int>(text.size())) <= 0) die("write failed");
  }

  // Reads until `start` was seen and `end` follows it; what stands after a tag must be OK.
  std::size_t read_until(const std::string& start, const std::string& end) {
    static thread_local std::vector<char> chunk(256 * 1024);
    std::string tail = "\r\n";  // the last bytes: enough to hold `start` and its line
    std::size_t total = 0;
    for (;;) {
      const int got = SSL_read(ssl_, chunk.data(), static_cast<int>(chunk.size()));
      if (got <= 0) die("connection closed, last line:", tail);
      total += static_cast<std::size_t>(got);
      const int from = std::max(0, got - 1024);
      tail.append(chunk.data() + from, static_cast<std::size_t>(got - from));
      if (tail.size() > 2048) tail.erase(0, tail.size() - 2048);
      const auto at = tail.rfind(start);
      if (at == std::string::npos || tail.find(end, at + start.size()) == std::string::npos)
        continue;
      if (start.ends_with(' ') && tail.compare(at + start.size(), 2, "OK") != 0)
        die("refused:", std::string_view(tail).substr(at));
      return total;
    }
  }

 private:
  int descriptor_;
  SSL* ssl_ = nullptr;
};

struct Tally {
  std::atomic<int> next{0};
  std::atomic<std::size_t> bytes{0};
  std::mutex mutex;
  std::vector<double> milliseconds;  // guarded by mutex
};

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void logins(SSL_CTX* context, const Options& options, Tally& tally) {
  std::vector<double> own;
  for (int i = tally.next++; i < options.count; i = tally.next++) {
    const auto start = Clock::now();
    Session session(context, options.port);
    session.login(i % options.users);
    own.push_back(since(start) * 1000);
    session.command("a2", "LOGOUT");
  }
  const std::lock_guard lock(tally.mutex);
  tally.milliseconds.insert(tally.milliseconds.end(), own.begin(), own.end());
}

void fetches(SSL_CTX* context, const Options& options, int thread, Tally& tally) {
  Session session(context, options.port);
  session.login(thread % options.users);
  session.command("a2", "SELECT INBOX");
  for (int i = tally.next++; i < options.count; i = tally.next++)
    tally.bytes += session.command("f" + std::to_string(i), "FETCH 1:* BODY.PEEK[]");
  session.command("a3", "LOGOUT");
}

using Sessions = std::vector<std::unique_ptr<Session>>;

void open_idle(SSL_CTX* context, const Options& options, Tally& tally, Sessions& sessions) {
  for (int i = tally.next++; i < options.count; i = tally.next++) {
    auto session = std::make_unique<Session>(context, options.port);
    session->login(i % options.users);
    session->command("a2", "SELECT INBOX");
    session->send("a3 IDLE\r\n");
    session->read_until("+", "\r\n");
    sessions[static_cast<std::size_t>(i)] = std::move(session);
  }
}

void hold_idle(Sessions& sessions) {
  std::printf("{\"ready\": %zu}\n", sessions.size());
  std::fflush(stdout);
  char line[64];
  if (std::fgets(line, sizeof line, stdin) == nullptr) return;
  for (auto& session : sessions) {
    session->send("DONE\r\n");
    session->read_until("\r\na3 ", "\r\n");
  }
  std::printf("{\"alive\": %zu}\n", sessions.size());
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) die("usage: load_client logins|fetch|idle PORT CA USERS THREADS COUNT");
  const Options options{
      argv[1],           std::atoi(argv[2]), argv[3], std::atoi(argv[4]), std::atoi(argv[5]),
      std::atoi(argv[6])};
  SSL_CTX* context = make_context(options.ca);
  Tally tally;
  Sessions sessions(options.mode == "idle" ? static_cast<std::size_t>(options.count) : 0);
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < options.threads; ++thread)
    threads.emplace_back([&, thread] {
      if (options.mode == "logins")
        logins(context, options, tally);
      else if (options.mode == "fetch")
        fetches(context, options, thread, tally);
      else
        open_idle(context, options, tally, sessions);
    });
  for (auto& thread : threads) thread.join();
  const double seconds = since(start);
  if (options.mode == "idle") {
    hold_idle(sessions);
  } else {
    std::printf(
        "{\"seconds\": %.6f, \"count\": %d, \"bytes\": %zu, \"p50\": %.3f, \"p99\": %.3f}\n",
        seconds, options.count, tally.bytes.load(), percentile(tally.milliseconds, 0.5),
        percentile(tally.milliseconds, 0.99));
  }
  return 0;
}
