#include "store/log_bytes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>

#include "store/big_endian.h"

namespace assay::store {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

constexpr std::array<std::uint8_t, 2> kIdKeyRowHead = {3, 0};
constexpr std::size_t kBodyAt = 3;
constexpr std::size_t kFirstBlobSerial = 12;
constexpr std::size_t kSerialEnd = 128;  // from here on a serial takes two bytes
constexpr std::size_t kChecksumBytes = sizeof(std::uint64_t);
constexpr std::size_t kIdKeyRowBytesMax = kBodyAt + (kSerialEnd - kFirstBlobSerial) / 2;

// Shows the file piece by piece, each with the last `overlap` bytes before it: what is at most one byte longer is whole
// in one of them. Ends where `show` returns false.
void read_pieces(const std::string& path, std::size_t overlap,
                 const std::function<bool(Bytes piece, std::uint64_t offset)>& show) {
  std::ifstream file(path, std::ios::binary);
  std::string window;
  std::uint64_t window_at = 0;
  std::string chunk(kChunkBytes, '\0');
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0) {
    window.append(chunk, 0, static_cast<std::size_t>(file.gcount()));
    if (!show(bytes_of(window), window_at)) return;
    const std::size_t gone = window.size() - std::min(window.size(), overlap);
    window_at += gone;
    window.erase(0, gone);
  }
}

std::optional<std::string> fingerprint_at(Bytes bytes) {
  if (bytes.size() <= kBodyAt) return std::nullopt;
  const std::size_t serial = bytes[kBodyAt - 1];
  if (serial < kFirstBlobSerial || serial >= kSerialEnd || serial % 2 != 0) return std::nullopt;
  const std::size_t size = (serial - kFirstBlobSerial) / 2;
  if (size <= kChecksumBytes || bytes.size() - kBodyAt < size) return std::nullopt;
  return decode_checked(bytes.subspan(kBodyAt, size));
}

}  // namespace

std::optional<std::uint64_t> offset_in_file(const std::string& path, std::span<const std::uint8_t> needle) {
  std::optional<std::uint64_t> offset;
  if (needle.empty()) return offset;
  const std::boyer_moore_horspool_searcher searcher(needle.begin(), needle.end());
  read_pieces(path, needle.size() - 1, [&](Bytes piece, std::uint64_t piece_at) {
    const auto found = std::search(piece.begin(), piece.end(), searcher);
    if (found != piece.end()) offset = piece_at + static_cast<std::uint64_t>(found - piece.begin());
    return !offset;
  });
  return offset;
}

void carve_rows(const std::string& path, const std::function<void(const LoggedRecord&)>& sink) {
  read_pieces(path, kRowBytes - 1, [&](Bytes piece, std::uint64_t /*piece_at*/) {
    auto at = piece.begin();
    const auto next = [&] { return std::search(at, piece.end(), kRowMark.begin(), kRowMark.end()); };
    for (at = next(); piece.end() - at >= static_cast<std::ptrdiff_t>(kRowBytes); at = next()) {
      if (const std::optional<LoggedRecord> entry = decode_row(Bytes(at, at + kRowBytes))) sink(*entry);
      ++at;
    }
    return true;
  });
}

std::optional<std::string> carve_fingerprint(const std::string& path) {
  std::optional<std::string> fingerprint;
  read_pieces(path, kIdKeyRowBytesMax - 1, [&](Bytes piece, std::uint64_t /*piece_at*/) {
    auto at = piece.begin();
    const auto next = [&] { return std::search(at, piece.end(), kIdKeyRowHead.begin(), kIdKeyRowHead.end()); };
    for (at = next(); at != piece.end() && !fingerprint; at = next()) {
      fingerprint = fingerprint_at(Bytes(at, piece.end()));
      ++at;
    }
    return !fingerprint;
  });
  return fingerprint;
}

}  // namespace assay::store
