#include "store/witness.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <span>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/big_endian.h"
#include "store/log_row.h"

namespace assay::store {
namespace {

constexpr std::uint64_t kMark = 0x4177'6974'0000'0001;  // "Awit", version 1
constexpr std::size_t kSlotBytes = 40;
constexpr std::size_t kChecksumAt = 32;
constexpr off_t kSlotDistance = 512;
using Slot = std::array<std::uint8_t, kSlotBytes>;

std::optional<Testimony> decode(const Slot& slot) noexcept {
  if (get_u64(slot.data()) != kMark) return std::nullopt;
  if (get_u64(&slot[kChecksumAt]) != checksum64(std::span(slot).first<kChecksumAt>())) return std::nullopt;
  return Testimony{
      .store_id = get_u64(&slot[8]), .commit_number = get_u64(&slot[16]), .last_sequence = get_u64(&slot[24])};
}

Slot encode(const Testimony& testimony) noexcept {
  Slot slot{};
  put_u64(slot.data(), kMark);
  put_u64(&slot[8], testimony.store_id);
  put_u64(&slot[16], testimony.commit_number);
  put_u64(&slot[24], testimony.last_sequence);
  put_u64(&slot[kChecksumAt], checksum64(std::span(slot).first<kChecksumAt>()));
  return slot;
}

}  // namespace

Witness::~Witness() {
  if (fd_ >= 0) ::close(fd_);  // releases the lock
}

Witness::Hold Witness::hold() {
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (fd_ < 0) return Hold::kFailed;
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return Hold::kHeld;
  return errno == EWOULDBLOCK ? Hold::kTaken : Hold::kFailed;
}

std::optional<Testimony> Witness::read() const {
  std::optional<Testimony> latest;
  for (const off_t at : {off_t{0}, kSlotDistance}) {
    Slot slot{};
    if (::pread(fd_, slot.data(), slot.size(), at) != static_cast<ssize_t>(slot.size())) continue;
    const std::optional<Testimony> said = decode(slot);
    if (said && (!latest || said->commit_number > latest->commit_number)) latest = said;
  }
  return latest;
}

bool Witness::write(const Testimony& testimony) const noexcept {
  const Slot slot = encode(testimony);
  const off_t at = testimony.commit_number % 2 == 0 ? 0 : kSlotDistance;
  return ::pwrite(fd_, slot.data(), slot.size(), at) == static_cast<ssize_t>(slot.size());
}

bool Witness::clear() const noexcept { return ::ftruncate(fd_, 0) == 0; }

}  // namespace assay::store
