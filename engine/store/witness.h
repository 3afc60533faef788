// A small file beside the log that says how far the log was acknowledged. It outlives what the log's own files can lose
// without noticing: the end of a write-ahead log whose last frames are damaged, cut off or deleted.
//
// The witness is written after the log's own flush and before anybody is told, and is not flushed itself. So it never
// says more than what is on disk, and after a power failure it may say less; then the log is taken at its word.
//
// It is also the lock: who holds the witness owns the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace assay::store {

struct Testimony {
  std::uint64_t store_id = 0;
  std::uint64_t commit_number = 0;
  std::uint64_t last_sequence = 0;

  friend bool operator==(const Testimony&, const Testimony&) = default;
};

// PATH-witness of the log at PATH. Two slots in sectors of their own, written in turns, so that a torn write leaves the
// other; numbers are big-endian:
//
//   0          8          16              24              32         40
//   +----------+----------+---------------+---------------+----------+
//   | mark     | store_id | commit_number | last_sequence | checksum |     and again from byte 512 on
//   +----------+----------+---------------+---------------+----------+
class Witness {
 public:
  explicit Witness(const std::string& log_path) : path_(log_path + "-witness") {}
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  enum class Hold : std::uint8_t {
    kHeld,
    kTaken,   // another Witness, of this process or another, holds it
    kFailed,  // cannot be opened, made or locked: errno says why
  };

  // Opens the file, makes it (0600) where there is none, and locks it until this object ends.
  [[nodiscard]] Hold hold();

  // What was testified last, or nothing: a new file, or both slots unreadable. Precondition: held.
  [[nodiscard]] std::optional<Testimony> read() const;

  // Returns whether it was written. Precondition: held.
  [[nodiscard]] bool write(const Testimony& testimony) const noexcept;

  // Forgets what was testified, for a log that begins anew. Precondition: held.
  [[nodiscard]] bool clear() const noexcept;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace assay::store
