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
      : text_(text_bytes_max + jose::kJsonPaddingBytes), reader_(text_bytes_max), arena_(text_bytes_max) {}

  Expected<std::span<const Claim>> read(std::string_view text) {
    if (text.size() > text_.size() - jose::kJsonPaddingBytes) return fail(ErrorCode::kBadJson, text.size());
    if (!text.empty()) std::memcpy(text_.data(), text.data(), text.size());
    arena_.reset();
    const Expected<jose::JsonValue> root = reader_.read({text_.data(), text.size()}, arena_);
    if (!root) return Unexpected(root.error());
    members_.clear();
    for (const jose::JsonValue member : *root) {
      members_.push_back({.name = member.name(), .text = member.text(), .kind = member.kind()});
    }
    return std::span<const Claim>(members_);
  }

 private:
  std::vector<char> text_;
  jose::JsonReader reader_;
  base::Arena arena_;
  std::vector<Claim> members_;
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
