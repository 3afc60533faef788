// The host's door to the strict reader: assay/json.h.
#include <cstring>
#include <vector>

#include "assay/json.h"
#include "base/arena.h"
#include "jose/json.h"
#include "jose/numeric_date.h"

namespace assay {

class JsonObjectReader::Impl {
 public:
  explicit Impl(std::size_t text_bytes_max)
      : text_(text_bytes_max + jose::kJsonPaddingBytes), reader_(text_bytes_max), arena_(arena_bytes(text_bytes_max)) {}

  Expected<std::span<const Claim>> read(std::string_view text) {
    if (text.size() > text_.size() - jose::kJsonPaddingBytes) return fail(ErrorCode::kBadJson, text.size());
    if (!text.empty()) std::memcpy(text_.data(), text.data(), text.size());
    arena_.reset();
    const Expected<jose::JsonDocument> document = reader_.read_document({text_.data(), text.size()}, arena_);
    if (!document) return Unexpected(document.error());
    return document->members;
  }

 private:
  // For unescaped strings, and one Claim for each six bytes.
  static constexpr std::size_t arena_bytes(std::size_t text_bytes) noexcept {
    return text_bytes + (text_bytes / 6 + 2) * sizeof(Claim);
  }

  std::vector<char> text_;
  jose::JsonReader reader_;
  base::Arena arena_;
};

JsonObjectReader::JsonObjectReader(std::size_t text_bytes_max) : impl_(std::make_unique<Impl>(text_bytes_max)) {}
JsonObjectReader::JsonObjectReader(JsonObjectReader&&) noexcept = default;
JsonObjectReader& JsonObjectReader::operator=(JsonObjectReader&&) noexcept = default;
JsonObjectReader::~JsonObjectReader() = default;

Expected<std::span<const Claim>> JsonObjectReader::read(std::string_view text) { return impl_->read(text); }

Expected<NumericDate> read_numeric_date(std::string_view number) noexcept {
  return jose::parse_numeric_date(number, jose::Rounding::kUp);
}

}  // namespace assay
