#include "store/redis_room.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace assay::store {
namespace {

// The number of the line `name:NUMBER`.
std::optional<std::uint64_t> number_of(std::string_view info, std::string_view name) noexcept {
  while (!info.empty()) {
    const std::string_view line = info.substr(0, info.find('\n'));
    info.remove_prefix(std::min(info.size(), line.size() + 1));
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
    const char* const digits = line.data() + name.size() + 1;
    const char* const line_end = line.data() + line.size();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits, line_end, number);
    const bool is_whole = end == line_end || *end == '\r';
    if (error != std::errc() || !is_whole) return std::nullopt;
    return number;
  }
  return std::nullopt;
}

}  // namespace

RedisRoom::RedisRoom(std::string_view info) noexcept {
  const std::optional<std::uint64_t> used = number_of(info, "used_memory");
  const std::optional<std::uint64_t> most = number_of(info, "maxmemory");
  is_told_ = used && most;
  if (!is_told_) return;
  used_ = *used;
  most_ = *most;
}

}  // namespace assay::store
