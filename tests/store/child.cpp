#include "tests/store/child.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace tandem::store::test {
namespace {
constexpr int report_fd = 3;
}

Child::Child(const std::string& test_case, const std::map<std::string, std::string>& environment) {
  int ends[2] = {};
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (ends[1] == report_fd)
      ::fcntl(report_fd, F_SETFD, 0);
    else
      ::dup2(ends[1], report_fd);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, 1);
    ::execl("/proc/self/exe", "child", test_case.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

Child::~Child() {
  if (pid_ > 0) {
    kill();
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(pipe_);
}

bool Child::receive(std::int64_t& number) {
  return ::read(pipe_, &number, sizeof number) == static_cast<ssize_t>(sizeof number);
}

void Child::receive_for(std::chrono::microseconds time, std::vector<std::int64_t>& numbers) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    pollfd waiting{.fd = pipe_, .events = POLLIN, .revents = 0};
    const timespec limit{.tv_sec = left.count() / 1'000'000'000,
                         .tv_nsec = left.count() % 1'000'000'000};
    if (::ppoll(&waiting, 1, &limit, nullptr) <= 0) return;
    std::int64_t number = 0;
    if (!receive(number)) return;
    numbers.push_back(number);
  }
}

void Child::kill() {
  ::kill(pid_, SIGKILL);
}

int Child::finish(std::vector<std::int64_t>& numbers) {
  int status = 0;
  for (std::int64_t number = 0; receive(number);) numbers.push_back(number);
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

void report(std::int64_t number) {
  if (::write(report_fd, &number, sizeof number) != static_cast<ssize_t>(sizeof number))
    std::abort();
}

std::string given(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace tandem::store::test
