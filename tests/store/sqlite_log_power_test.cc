// The property: what was acknowledged is on disk when the power fails, and not merely on its way there.
//
// The method: SQLite writes through a layer that keeps, of each file, a copy as of its latest flush. That copy is the
// worst that a power failure can leave: no byte more than what was flushed. At the moment of an acknowledgement the
// copies are put elsewhere and replayed. The witness is not flushed, so it may be as old as ever or as new as can be.
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/store/log_fixture.h"

namespace assay::store {
namespace {

// Name of a file to its bytes as of its latest flush. Written by the log's thread; read by its callbacks, and by the
// test when no append is under way.
std::map<std::string, std::string>& flushed_files() {
  static std::map<std::string, std::string> files;
  return files;
}

// A file of SQLite's own, with a name. SQLite gives room for both one after the other.
struct FlushedFile {
  sqlite3_file base;
  const char* name;

  [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FlushedFile& of(sqlite3_file* file) { return *reinterpret_cast<FlushedFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return of(file).real(); }
const sqlite3_io_methods& methods(sqlite3_file* file) { return *real(file)->pMethods; }

int sync_and_keep(sqlite3_file* file, int flags) {
  const int code = methods(file).xSync(real(file), flags);
  if (code == SQLITE_OK && of(file).name != nullptr) flushed_files()[of(file).name] = read_whole(of(file).name);
  return code;
}

const sqlite3_io_methods& kept_methods() {
  static const sqlite3_io_methods table = [] {
    sqlite3_io_methods made{};
    made.iVersion = 1;
    made.xClose = [](sqlite3_file* file) { return methods(file).xClose(real(file)); };
    made.xRead = [](sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
      return methods(file).xRead(real(file), bytes, size, at);
    };
    made.xWrite = [](sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
      return methods(file).xWrite(real(file), bytes, size, at);
    };
    made.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) { return methods(file).xTruncate(real(file), size); };
    made.xSync = sync_and_keep;
    made.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) { return methods(file).xFileSize(real(file), size); };
    made.xLock = [](sqlite3_file* file, int level) { return methods(file).xLock(real(file), level); };
    made.xUnlock = [](sqlite3_file* file, int level) { return methods(file).xUnlock(real(file), level); };
    made.xCheckReservedLock = [](sqlite3_file* file, int* held) {
      return methods(file).xCheckReservedLock(real(file), held);
    };
    made.xFileControl = [](sqlite3_file* file, int what, void* with) {
      return methods(file).xFileControl(real(file), what, with);
    };
    made.xSectorSize = [](sqlite3_file* file) { return methods(file).xSectorSize(real(file)); };
    made.xDeviceCharacteristics = [](sqlite3_file* file) { return methods(file).xDeviceCharacteristics(real(file)); };
    return made;
  }();
  return table;
}

int open_kept(sqlite3_vfs* layer, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* below = static_cast<sqlite3_vfs*>(layer->pAppData);
  of(file).base.pMethods = nullptr;
  of(file).name = name;  // lives as long as the file, says SQLite
  const int code = below->xOpen(below, name, real(file), flags, out_flags);
  if (real(file)->pMethods != nullptr) of(file).base.pMethods = &kept_methods();
  return code;
}

class SqliteLogPowerTest : public testing::Test {
 protected:
  void SetUp() override {
    flushed_files().clear();
    sqlite3_vfs* below = sqlite3_vfs_find(nullptr);
    layer_ = *below;
    layer_.zName = "flushed";
    layer_.szOsFile = static_cast<int>(sizeof(FlushedFile)) + below->szOsFile;
    layer_.pAppData = below;
    layer_.xOpen = open_kept;
    ASSERT_EQ(sqlite3_vfs_register(&layer_, 1), SQLITE_OK);
  }
  void TearDown() override { sqlite3_vfs_unregister(&layer_); }

  // What a power failure would leave now, without and with all of the witness.
  void expect_kept(std::uint64_t count) const {
    const LogFolder after(LogFolder::Place::kMemory);
    for (const std::string& witness : {std::string(), read_whole(path_ + "-witness")}) {
      for (const char* suffix : {"", "-wal"}) {
        const auto found = kept_.find(path_ + suffix);
        write_whole(after.path() + suffix, found == kept_.end() ? "" : found->second);
      }
      write_whole(after.path() + "-witness", witness);
      const Replayed replayed = replay_of(after.path());
      ASSERT_EQ(replayed.result.outcome, ReplayOutcome::kReplayed) << replayed.result.complaint;
      for (std::uint64_t i = 0; i < count; ++i) ASSERT_TRUE(replayed.revoked.contains(record_of(i).id)) << i;
    }
  }

  LogFolder folder_{LogFolder::Place::kMemory};
  std::string path_ = folder_.path();
  std::map<std::string, std::string> kept_;  // as of the latest acknowledgement
  sqlite3_vfs layer_{};
};

TEST_F(SqliteLogPowerTest, WhatIsAcknowledgedWasFlushed) {
  SqliteLog log(path_);
  ASSERT_EQ(replay_of(log).result.outcome, ReplayOutcome::kReplayed);
  std::uint64_t count = 0;
  // Batches grow, so that the write-ahead log is copied into the file and begun again a few times.
  for (std::uint64_t batch = 1; batch < 60; ++batch) {
    std::vector<RevocationRecord> records;
    for (std::uint64_t i = 0; i < batch * batch; ++i) records.push_back(record_of(count++));
    std::promise<void> done;
    log.append(std::move(records), [&](const AppendResult& result) {
      EXPECT_EQ(result.outcome, AppendOutcome::kDurable) << result.complaint;
      kept_ = flushed_files();
      done.set_value();
    });
    done.get_future().wait();
    if (batch % 4 == 0) expect_kept(count);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace assay::store
