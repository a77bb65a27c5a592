// Leases between processes: one holder, who is named, and none left behind by a process that died.
#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "migration/account_leases.hpp"
#include "migration/oauth/next_steps.hpp"
#include "tests/migration/ledger_fixture.hpp"

namespace tandem::migration {
namespace {

constexpr AccountId some_account = 7;
constexpr AccountId other_account = 8;

std::unique_ptr<AccountLeases> open_leases(const std::string& path, std::string command) {
  auto opened = AccountLeases::open(path, std::move(command), true);
  REQUIRE(opened);
  return std::move(*opened);
}

// A process that holds a lease until it is killed.
class HoldingChild {
 public:
  explicit HoldingChild(const std::string& path) {
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const auto leases = AccountLeases::open(path, "load", true);
      const bool held = leases && (hold_ = (*leases)->take(some_account));
      (void)!::write(ends[1], held ? "y" : "n", 1);
      for (;;) ::pause();
    }
    ::close(ends[1]);
    char answer = 0;
    REQUIRE(::read(ends[0], &answer, 1) == 1);
    ::close(ends[0]);
    REQUIRE(answer == 'y');
  }
  HoldingChild(const HoldingChild&) = delete;
  HoldingChild& operator=(const HoldingChild&) = delete;
  ~HoldingChild() { kill(); }
  void kill() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = 0;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  Result<AccountLeases::Lease> hold_;
};

}  // namespace

TEST_CASE("leases: another process has an account until it dies, by kill -9 too") {
  const TempDirectory directory;
  const std::string path = AccountLeases::path_in(directory.path);
  HoldingChild child(path);
  const auto ours = open_leases(path, "serve");
  const auto holder = ours->holder(some_account);
  REQUIRE(holder);
  CHECK(holder->pid == static_cast<std::uint64_t>(child.pid()));
  CHECK(holder->command == "load");
  const std::string name = "tandemail load (PID " + std::to_string(child.pid()) + ")";
  const auto refused = ours->take(some_account);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  CHECK(refused.error().temporary);
  CHECK(refused.error().what.ends_with(name));
  CHECK(refused.error().next_step.ends_with(name));
  CHECK_FALSE(ours->holder(other_account));
  CHECK(ours->take(other_account));

  child.kill();
  CHECK_FALSE(ours->holder(some_account));
  CHECK(ours->take(some_account));
}

TEST_CASE("leases: who takes one is told whether the work before broke off") {
  const TempDirectory directory;
  const std::string path = AccountLeases::path_in(directory.path);
  const auto ours = open_leases(path, "serve");
  const auto before = [&ours] {
    auto lease = ours->take(some_account);
    REQUIRE(lease);
    const LeaseBefore told = lease->before();
    CHECK(ours->take(some_account)->before() == LeaseBefore::ended);  // shared
    lease->let_go(false);
    return told;
  };
  CHECK(before() == LeaseBefore::ended);  // nobody had it
  CHECK(before() == LeaseBefore::broke_off);
  ours->take(some_account)->let_go();
  CHECK(before() == LeaseBefore::ended);
  HoldingChild(path).kill();
  CHECK(before() == LeaseBefore::other_command_broke_off);
  CHECK(before() == LeaseBefore::broke_off);
}

TEST_CASE("leases: held between two, given back by the last of the process that held it") {
  const TempDirectory directory;
  const std::string path = AccountLeases::path_in(directory.path);
  const auto ours = open_leases(path, "serve");
  const auto theirs = open_leases(path, "a command whose name is so long that no line has room");
  {
    auto first = ours->take(some_account);
    REQUIRE(first);
    auto second = ours->take(some_account);  // shared
    REQUIRE(second);
    CHECK_FALSE(ours->holder(some_account));  // nobody else
    first->let_go();
    first->let_go();
    CHECK_FALSE(theirs->take(some_account));
    AccountLeases::Lease moved;
    moved = std::move(*second);
    second->let_go();
    CHECK(theirs->holder(some_account)->pid == static_cast<std::uint64_t>(::getpid()));
  }
  const auto taken = theirs->take(some_account);
  REQUIRE(taken);
  CHECK(ours->holder(some_account)->command.starts_with("a command whose name"));
  CHECK_FALSE(ours->holder(other_account));
}

TEST_CASE("leases: the file is the owner's alone, and made by whoever has the ledger only") {
  const TempDirectory directory;
  const std::string path = AccountLeases::path_in(directory.path);
  const auto beside = AccountLeases::open(path, "load", false);
  REQUIRE_FALSE(beside);
  CHECK(beside.error().kind == ErrorKind::not_found);
  const auto ours = open_leases(path, "serve");
  struct stat seen{};
  REQUIRE(::stat(path.c_str(), &seen) == 0);
  CHECK((seen.st_mode & 0777) == 0600);
  CHECK(AccountLeases::open(path, "load", false));
  CHECK(AccountLeases().take(some_account));
}

TEST_CASE("leases: what to do is told in both languages, with the holder's name") {
  const LeaseHolder holder{.pid = 1234, .command = "load"};
  for (const std::string& step : {goes_on_after(holder), try_again_after(holder)}) {
    const std::string japanese = oauth::in_japanese(step);
    CHECK(japanese.ends_with("：tandemail load (PID 1234)"));
    CHECK(step.ends_with(": tandemail load (PID 1234)"));
  }
}

}  // namespace tandem::migration
