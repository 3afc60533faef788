#include "issuer/status_list.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <zlib.h>

#include "base/check.h"
#include "kernel/base64url.h"

namespace assay::issuer {

Expected<StatusListText> read_status_list(jose::JsonValue status_list) noexcept {
  if (status_list.kind() != JsonKind::kObject) return fail(ErrorCode::kBadStatusList);
  const jose::JsonValue::Found bits = status_list.find("bits");
  const jose::JsonValue::Found lst = status_list.find("lst");
  constexpr std::array<std::string_view, 4> kBits = {"1", "2", "4", "8"};
  const bool has_bits = bits && bits.value.kind() == JsonKind::kNumber &&
                        std::find(kBits.begin(), kBits.end(), bits.value.text()) != kBits.end();
  if (!has_bits || !lst || lst.value.kind() != JsonKind::kString) return fail(ErrorCode::kBadStatusList);
  return StatusListText{.bits = static_cast<std::uint32_t>(bits.value.text().front() - '0'),
                        .compressed = lst.value.text()};
}

class StatusListInflater::Impl {
 public:
  Impl(std::vector<std::uint8_t> compressed, std::size_t bytes_max)
      : compressed_(std::move(compressed)), bytes_max_(bytes_max) {
    ASSAY_CHECK(inflateInit(&stream_) == Z_OK);  // fails for want of memory alone
    stream_.next_in = compressed_.data();
    stream_.avail_in = static_cast<uInt>(compressed_.size());
  }
  ~Impl() { inflateEnd(&stream_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void advance(std::size_t byte_count) {
    ASSAY_DCHECK(state_ == State::kGoing && byte_count > 0);
    // One byte more than allowed tells a list that is too long from one that just fits.
    const std::size_t had = list_.size();
    const std::size_t room = std::min(byte_count, bytes_max_ - had + 1);
    list_.resize(had + room);
    stream_.next_out = list_.data() + had;
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_SYNC_FLUSH);
    list_.resize(had + room - stream_.avail_out);
    const bool is_whole = result == Z_STREAM_END && stream_.avail_in == 0;
    const bool goes_on = result == Z_OK && stream_.avail_out == 0;
    // Neither: a fault, a preset dictionary, an end of the input before the stream's, or bytes behind it.
    if (list_.size() > bytes_max_ || !(is_whole || goes_on)) {
      state_ = State::kBad;
    } else if (is_whole) {
      state_ = State::kGood;
    }
  }

  [[nodiscard]] bool done() const noexcept { return state_ != State::kGoing; }

  Expected<std::vector<std::uint8_t>> finish() {
    ASSAY_DCHECK(done());
    if (state_ != State::kGood) return fail(ErrorCode::kBadStatusList);
    list_.shrink_to_fit();
    return std::move(list_);
  }

 private:
  enum class State : std::uint8_t { kGoing, kGood, kBad };

  std::vector<std::uint8_t> compressed_;
  const std::size_t bytes_max_;
  z_stream stream_{};
  std::vector<std::uint8_t> list_;
  State state_ = State::kGoing;
};

StatusListInflater::StatusListInflater(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
StatusListInflater::StatusListInflater(StatusListInflater&&) noexcept = default;
StatusListInflater& StatusListInflater::operator=(StatusListInflater&&) noexcept = default;
StatusListInflater::~StatusListInflater() = default;

Expected<StatusListInflater> StatusListInflater::start(std::string_view compressed, std::size_t bytes_max) {
  std::vector<std::uint8_t> bytes(kernel::base64url_decoded_bytes(compressed.size()));
  ASSAY_CHECK(bytes.size() <= std::numeric_limits<uInt>::max() && bytes_max < std::numeric_limits<uInt>::max());
  const std::size_t fault = kernel::decode_base64url_portable(compressed.data(), compressed.size(), bytes.data());
  if (fault != kernel::kBase64urlAccepted) return fail(ErrorCode::kBadBase64url, fault);
  return StatusListInflater(std::make_unique<Impl>(std::move(bytes), bytes_max));
}

void StatusListInflater::advance(std::size_t byte_count) { impl_->advance(byte_count); }

bool StatusListInflater::done() const noexcept { return impl_->done(); }

Expected<std::vector<std::uint8_t>> StatusListInflater::finish() && { return impl_->finish(); }

}  // namespace assay::issuer
