#include "lib/store/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "lib/store/fault.hpp"

namespace tandem::store {

Error errno_error(const std::string& what, int code) {
  Error error{.kind = ErrorKind::storage,
              .what = what + ": " + std::generic_category().message(code)};
  switch (code) {
    case ENOSPC:
    case EDQUOT: error.next_step = "Make room on the disk of the data directory"; [[fallthrough]];
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN: error.temporary = true; break;
    case EACCES:
    case EPERM: error.next_step = "Check who owns the data directory"; break;
    default: break;
  }
  return error;
}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Result<File> File::open(std::string path, int flags, mode_t mode) {
  File file;
  do file.fd_ = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (file.fd_ < 0 && errno == EINTR);
  if (file.fd_ < 0) {
    const int code = errno;
    auto error = errno_error("cannot open " + path, code);
    if (code == ENOENT) error.kind = ErrorKind::not_found;
    return fail(std::move(error));
  }
  file.path_ = std::move(path);
  return file;
}

Result<std::uint64_t> File::size() const {
  struct stat status{};
  if (::fstat(fd_, &status) != 0) return fail(errno_error("cannot look at " + path_, errno));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> File::read(std::span<char> into, std::uint64_t offset) const {
  while (!into.empty()) {
    const auto count = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(errno_error("cannot read " + path_, errno));
    if (count == 0) return fail(ErrorKind::storage, path_ + " ends too early");
    into = into.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> File::write(std::string_view bytes, std::uint64_t offset, std::string_view step) {
  if (const int code = fault::point(step)) return fail(errno_error("cannot write " + path_, code));
  while (!bytes.empty()) {
    const auto count = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(errno_error("cannot write " + path_, errno));
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> File::truncate(std::uint64_t size) {
  int code = fault::point("store.truncate");
  if (code == 0 && ::ftruncate(fd_, static_cast<off_t>(size)) != 0) code = errno;
  if (code != 0) return fail(errno_error("cannot shorten " + path_, code));
  return {};
}

Result<void> File::flush() {
  int code = fault::point("store.fdatasync");
  if (code == 0 && ::fdatasync(fd_) != 0) code = errno;
  if (code != 0) return fail(errno_error("cannot flush " + path_, code));
  fault::flushed(path_);
  return {};
}

Result<void> flush_directory(const std::string& directory) {
  int code = fault::point("store.fsync_directory");
  if (code != 0) return fail(errno_error("cannot flush " + directory, code));
  auto opened = File::open(directory, O_RDONLY | O_DIRECTORY);
  if (!opened) return fail(std::move(opened.error()));
  if (::fsync(opened->fd()) != 0) return fail(errno_error("cannot flush " + directory, errno));
  fault::flushed_directory(directory);
  return {};
}

}  // namespace tandem::store
