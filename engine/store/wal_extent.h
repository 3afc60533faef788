// How far a write-ahead log of SQLite can be read. SQLite itself takes what it can and says nothing of the rest.
#pragma once

#include <cstdint>
#include <string>

namespace assay::store {

// The file is a head and frames of one page each; a checksum runs through all of them (sqlite.org/fileformat2.html,
// section 4). Behind the frames of this round may be those of an earlier one, whose salts are others.
struct WalExtent {
  std::uint64_t whole_bytes = 0;  // from the beginning, in whole frames; 0: the head is none, or there is no file
  bool is_broken = false;         // what follows is of the same round and cannot be read: it begins at whole_bytes
};

// Reads the file at `path`, up to the first frame that does not fit.
//   cost  about 1 ns per byte
[[nodiscard]] WalExtent measure_wal(const std::string& path);

}  // namespace assay::store
