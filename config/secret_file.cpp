#include "config/secret_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

std::unexpected<Error> failed(std::string_view deed, const std::string& path, int code) {
  const auto kind = code == ENOENT ? ErrorKind::not_found : ErrorKind::storage;
  return fail(kind, fmt::format("Cannot {} {}: {}", deed, printable(path), std::strerror(code)));
}

std::unexpected<Error> refused(std::string what, std::string cure) {
  return fail(
      Error{.kind = ErrorKind::invalid, .what = std::move(what), .next_step = std::move(cure)});
}

Result<std::size_t> check_file(int file, const std::string& path, std::size_t limit,
                               Readers readers) {
  struct stat info{};
  if (::fstat(file, &info) != 0) return failed("look at", path, errno);
  if (!S_ISREG(info.st_mode)) return refused(fmt::format("{} is not a file.", printable(path)), "");
  const mode_t forbidden = readers == Readers::owner ? 077 : 037;
  if ((info.st_mode & forbidden) != 0)
    return refused(
        fmt::format("{} holds a secret, but others than its owner can use it.", printable(path)),
        fmt::format("Run: chmod 600 {}", printable(path)));
  if (info.st_uid != 0 && info.st_uid != ::geteuid())
    return refused(fmt::format("{} belongs to another user.", printable(path)),
                   "Give it to the user that runs Tandemail, or to root.");
  if (std::size_t(info.st_size) > limit)
    return refused(fmt::format("{} is larger than a secret can be.", printable(path)), "");
  return std::size_t(info.st_size);
}

Result<void> write_all(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("write", path, errno);
    bytes.remove_prefix(std::size_t(written));
  }
  if (::fsync(file) != 0) return failed("write", path, errno);
  return {};
}

// A name beside the final one, for link(2): a crash leaves no half-written secret under the name.
Result<void> write_new(const std::string& temporary, const Secret& bytes) {
  const File file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return failed("create", temporary, errno);
  return write_all(file.get(), bytes.reveal(), temporary);
}

Result<void> sync_folder(const std::string& folder) {
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.is_open() || ::fsync(file.get()) != 0) return failed("write", folder, errno);
  return {};
}

Result<void> publish(const std::string& temporary, const std::string& path,
                     const std::string& folder) {
  if (::link(temporary.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST)
      return fail(ErrorKind::conflict, fmt::format("{} exists", printable(path)));
    return failed("create", path, errno);
  }
  return sync_folder(folder);
}

}  // namespace

Result<Secret> read_secret_bytes(const std::string& path, std::size_t limit, Readers readers) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return failed("read", path, errno);
  const auto size = check_file(file.get(), path, limit, readers);
  if (!size) return fail(size.error());
  std::string bytes(*size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path, errno);
    if (got == 0) break;
    done += std::size_t(got);
  }
  Secret secret(std::string(bytes, 0, done));
  wipe(bytes);
  return secret;
}

Result<Secret> read_secret_line(const std::string& path) {
  const auto bytes = read_secret_bytes(path);
  if (!bytes) return fail(bytes.error());
  auto line = bytes->reveal();
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return Secret(std::string(line));
}

Result<void> create_secret_file(const std::string& path, const Secret& bytes) {
  const auto folder = std::filesystem::absolute(path).parent_path();
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return failed("create", folder.string(), errno);
  const auto temporary = fmt::format("{}.{}.new", path, hex_encode(random_bytes(8)));
  auto done = write_new(temporary, bytes);
  if (done) done = publish(temporary, path, folder.string());
  ::unlink(temporary.c_str());
  return done;
}

}  // namespace tandem::config
