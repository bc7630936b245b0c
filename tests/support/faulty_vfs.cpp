#include "tests/support/faulty_vfs.h"

#include <sqlite3.h>

namespace fleet::bridge {
namespace {

struct Plan {
  int left = 0;  // operations until the one that fails; 0: none will
  VfsFault fault = VfsFault::io_error;
  bool failed = false;
};
Plan plan;  // SQLite is used on one thread here

// SQLITE_OK, or the code that the operation fails with.
int next_operation(int io_error) {
  const bool again = plan.failed && plan.fault == VfsFault::disk_full;
  if (!again && (plan.left == 0 || --plan.left > 0)) return SQLITE_OK;
  plan.failed = true;
  return plan.fault == VfsFault::disk_full ? SQLITE_FULL : io_error;
}

// In front of the real file, in the same memory.
struct FaultyFile {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FaultyFile* own(sqlite3_file* file) { return reinterpret_cast<FaultyFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return own(file)->real(); }
sqlite3_vfs* system_vfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

// Version 2: with the shared memory in which SQLite keeps the index of its log.
const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = [](sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); },
    .xRead = [](sqlite3_file* file, void* to, int size,
                sqlite3_int64 at) { return real(file)->pMethods->xRead(real(file), to, size, at); },
    .xWrite =
        [](sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
          const int code = next_operation(SQLITE_IOERR_WRITE);
          return code != SQLITE_OK ? code : real(file)->pMethods->xWrite(real(file), from, size, at);
        },
    .xTruncate =
        [](sqlite3_file* file, sqlite3_int64 size) {
          const int code = next_operation(SQLITE_IOERR_TRUNCATE);
          return code != SQLITE_OK ? code : real(file)->pMethods->xTruncate(real(file), size);
        },
    .xSync =
        [](sqlite3_file* file, int flags) {
          const int code = next_operation(SQLITE_IOERR_FSYNC);
          return code != SQLITE_OK ? code : real(file)->pMethods->xSync(real(file), flags);
        },
    .xFileSize = [](sqlite3_file* file,
                    sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); },
    .xLock = [](sqlite3_file* file, int lock) { return real(file)->pMethods->xLock(real(file), lock); },
    .xUnlock = [](sqlite3_file* file, int lock) { return real(file)->pMethods->xUnlock(real(file), lock); },
    .xCheckReservedLock = [](sqlite3_file* file,
                             int* out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); },
    .xFileControl = [](sqlite3_file* file, int operation,
                       void* argument) { return real(file)->pMethods->xFileControl(real(file), operation, argument); },
    .xSectorSize = [](sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); },
    .xShmMap = [](sqlite3_file* file, int region, int size, int extend,
                  void volatile** out) { return real(file)->pMethods->xShmMap(real(file), region, size, extend, out); },
    .xShmLock = [](sqlite3_file* file, int offset, int count,
                   int flags) { return real(file)->pMethods->xShmLock(real(file), offset, count, flags); },
    .xShmBarrier = [](sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); },
    .xShmUnmap = [](sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* flags_out) {
  own(file)->base.pMethods = nullptr;
  const int code = system_vfs(vfs)->xOpen(system_vfs(vfs), name, real(file), flags, flags_out);
  if (code == SQLITE_OK) own(file)->base.pMethods = &kMethods;
  return code;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  const int code = next_operation(SQLITE_IOERR_DELETE);
  return code != SQLITE_OK ? code : system_vfs(vfs)->xDelete(system_vfs(vfs), name, sync_directory);
}

}  // namespace

void install_faulty_vfs() {
  static sqlite3_vfs faulty = [] {
    sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
    sqlite3_vfs vfs = *system;
    vfs.zName = "faulty";
    vfs.szOsFile = static_cast<int>(sizeof(FaultyFile)) + system->szOsFile;
    vfs.pAppData = system;
    vfs.pNext = nullptr;
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    return vfs;
  }();
  sqlite3_vfs_register(&faulty, 1);
}

void fail_operation(int nth, VfsFault fault) { plan = {.left = nth, .fault = fault}; }

bool operation_failed() { return plan.failed; }

}  // namespace fleet::bridge
