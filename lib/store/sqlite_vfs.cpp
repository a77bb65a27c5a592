// The system's VFS with fault points in front of writes and flushes. Used only when faults are
// armed.
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <sqlite3.h>

#include "lib/store/fault.hpp"
#include "lib/store/sqlite.hpp"

namespace tandem::store {
namespace {

sqlite3_vfs* real_vfs() {
  static sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  return real;
}

// SQLite allocates this and the real file behind it in one piece.
struct FaultyFile {
  sqlite3_file base;
  std::string* path;
};

FaultyFile* faulty(sqlite3_file* file) {
  return reinterpret_cast<FaultyFile*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(faulty(file) + 1);
}

int close(sqlite3_file* file) {
  const int code = real(file)->pMethods->xClose(real(file));
  delete faulty(file)->path;
  return code;
}
int read(sqlite3_file* file, void* into, int count, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), into, count, offset);
}
int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  if (const int code = fault::point("sql.write"))
    return code == ENOSPC || code == EDQUOT ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  return real(file)->pMethods->xWrite(real(file), from, count, offset);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return real(file)->pMethods->xTruncate(real(file), size);
}
int sync(sqlite3_file* file, int flags) {
  if (fault::point("sql.sync") != 0) return SQLITE_IOERR_FSYNC;
  const int code = real(file)->pMethods->xSync(real(file), flags);
  if (code == SQLITE_OK) fault::flushed(*faulty(file)->path);
  return code;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_reserved(sqlite3_file* file, int* result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int control(sqlite3_file* file, int what, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}
int sector_size(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}
int characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** map) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, map);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

// Version 2: without xFetch every write of a page is a write that can be made to fail.
constexpr sqlite3_io_methods methods = {2,
                                        close,
                                        read,
                                        write,
                                        truncate,
                                        sync,
                                        file_size,
                                        lock,
                                        unlock,
                                        check_reserved,
                                        control,
                                        sector_size,
                                        characteristics,
                                        shm_map,
                                        shm_lock,
                                        shm_barrier,
                                        shm_unmap,
                                        nullptr,
                                        nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  auto* const mine = faulty(file);
  std::memset(mine, 0, sizeof(FaultyFile));
  const int code = real_vfs()->xOpen(real_vfs(), name, real(file), flags, flags_out);
  if (code != SQLITE_OK) return code;
  mine->path = new std::string(name == nullptr ? "" : name);
  mine->base.pMethods = &methods;
  return SQLITE_OK;
}

}  // namespace

const char* faulty_vfs() {
  static sqlite3_vfs* const vfs = [] {
    auto* const made = new sqlite3_vfs(*real_vfs());  // registered for the life of the process
    made->zName = "tandem-faults";
    made->szOsFile += static_cast<int>(sizeof(FaultyFile));
    made->pNext = nullptr;
    made->xOpen = open;
    return sqlite3_vfs_register(made, 0) == SQLITE_OK ? made : nullptr;
  }();
  return vfs == nullptr ? nullptr : vfs->zName;
}

}  // namespace tandem::store
