#include "migration/account_leases.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "lib/base/text.hpp"
#include "migration/oauth/next_steps.hpp"

namespace tandem::migration {
namespace {

using oauth::NextStep;

constexpr std::size_t note_size = 64;

constexpr std::string_view ended_mark = "ended";

constexpr std::string_view in_use = "another command works on this account: ";
// The holder's name stands behind each.
constexpr NextStep goes_on{"Nothing to do. It goes on by itself as soon as this has ended: ",
                           "操作は不要です。次のコマンドが終わり次第、自動的に再開します："};
constexpr NextStep try_again{"Wait until this has ended, then try again: ",
                             "次のコマンドが終わってから、もう一度お試しください："};

off_t place_of(AccountId account) {
  return static_cast<off_t>(account) * static_cast<off_t>(note_size);
}

struct flock lock_of(AccountId account, short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = place_of(account);
  lock.l_len = 1;
  return lock;
}

// A line, so that the file can be read by people.
std::string note_of(std::string_view command) {
  std::string note = fmt::format("{} {}", ::getpid(), command);
  note.resize(note_size - 1, ' ');
  return note + "\n";
}

}  // namespace

std::string LeaseHolder::name() const {
  if (pid == 0) return "tandemail";
  return fmt::format("tandemail {} (PID {})", command, pid);
}

AccountLeases::Lease& AccountLeases::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  let_go();
  owner_ = std::exchange(other.owner_, nullptr);
  account_ = other.account_;
  before_ = other.before_;
  return *this;
}

void AccountLeases::Lease::let_go(bool ended) {
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->give_back(account_, ended);
}

std::string AccountLeases::path_in(const std::string& data) {
  return data + "/leases";
}

Result<std::unique_ptr<AccountLeases>> AccountLeases::open(const std::string& path,
                                                           std::string command, bool make) {
  auto file = store::File::open(path, make ? O_RDWR | O_CREAT : O_RDWR);
  if (!file) return fail(file.error());
  auto leases = std::make_unique<AccountLeases>();
  leases->file_ = std::move(*file);
  leases->note_ = note_of(command);
  leases->command_ = std::move(command);
  leases->last_note_ = note_of(ended_mark);
  return leases;
}

Result<AccountLeases::Lease> AccountLeases::take(AccountId account) {
  const std::lock_guard guard(mutex_);
  LeaseBefore before = LeaseBefore::ended;
  if (!held_.contains(account) && file_.is_open()) {
    const auto locked = lock(account);
    if (!locked) return fail(locked.error());
    before = *locked;
  }
  ++held_[account];
  return Lease(*this, account, before);
}

Result<LeaseBefore> AccountLeases::lock(AccountId account) {
  struct flock wanted = lock_of(account, F_WRLCK);
  if (::fcntl(file_.fd(), F_OFD_SETLK, &wanted) != 0) {
    if (errno != EAGAIN && errno != EACCES)
      return fail(store::errno_error("cannot lock " + file_.path(), errno));
    const LeaseHolder other = noted_at(account);
    return fail(Error{.kind = ErrorKind::conflict,
                      .what = in_use_by(other),
                      .temporary = true,
                      .next_step = try_again_after(other)});
  }
  const LeaseHolder last = noted_at(account);
  auto noted = file_.write(note_, static_cast<std::uint64_t>(place_of(account)), "lease.note");
  if (noted && (last.pid == 0 || last.command == ended_mark)) return LeaseBefore::ended;
  if (noted)
    return last.command == command_ ? LeaseBefore::broke_off : LeaseBefore::other_command_broke_off;
  struct flock unlocked = lock_of(account, F_UNLCK);
  (void)::fcntl(file_.fd(), F_OFD_SETLK, &unlocked);
  return fail(noted.error());
}

void AccountLeases::give_back(AccountId account, bool ended) {
  const std::lock_guard guard(mutex_);
  const auto found = held_.find(account);
  if (--found->second > 0) return;
  held_.erase(found);
  if (!file_.is_open()) return;
  // Should it fail, the next one waits some seconds in vain.
  if (ended)
    (void)file_.write(last_note_, static_cast<std::uint64_t>(place_of(account)), "lease.note");
  struct flock unlocked = lock_of(account, F_UNLCK);
  (void)::fcntl(file_.fd(), F_OFD_SETLK, &unlocked);
}

std::optional<LeaseHolder> AccountLeases::holder(AccountId account) const {
  if (!file_.is_open()) return std::nullopt;
  struct flock asked = lock_of(account, F_WRLCK);
  if (::fcntl(file_.fd(), F_OFD_GETLK, &asked) != 0 || asked.l_type == F_UNLCK) return std::nullopt;
  return noted_at(account);
}

// Between its lock and its note a holder is told by the name of the one before.
LeaseHolder AccountLeases::noted_at(AccountId account) const {
  std::array<char, note_size> note{};
  if (!file_.read(note, static_cast<std::uint64_t>(place_of(account)))) return {};
  const std::string_view text = trim({note.data(), note.size()});
  const auto space = text.find(' ');
  const auto pid = parse_number(text.substr(0, space));
  if (!pid || space == std::string_view::npos) return {};
  return {.pid = *pid, .command = printable(text.substr(space + 1))};
}

std::string in_use_by(const LeaseHolder& holder) {
  return std::string(in_use) + holder.name();
}

std::string goes_on_after(const LeaseHolder& holder) {
  return std::string(goes_on.en) + holder.name();
}

std::string try_again_after(const LeaseHolder& holder) {
  return std::string(try_again.en) + holder.name();
}

std::string lease_step_in_japanese(std::string_view next_step) {
  for (const NextStep& step : {goes_on, try_again})
    if (next_step.starts_with(step.en))
      return std::string(step.ja) + std::string(next_step.substr(step.en.size()));
  return "";
}

}  // namespace tandem::migration
