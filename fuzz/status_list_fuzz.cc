// Property: a status list is accepted exactly if zlib's call for whole streams takes all of it and it fits the bound;
// the bytes are then the same, whatever the slices, and no slice makes more than was asked. Of JSON exactly what has
// bits and a text is looked at. Input: a JSON text, or, where it does not begin with a brace, the size of slices in its
// first byte and a stream. Reaches: jose/json, issuer/status_list, kernel/base64url.
#include "issuer/status_list.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "fuzz/json_text.h"
#include "kernel/base64url.h"
#include "signing/base64url_writer.h"

namespace assay::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kBytesMax = 64 * 1024;

std::optional<Bytes> decompressed(const Bytes& stream) {
  Bytes list(kBytesMax + 1);
  uLongf size = list.size();
  uLong taken = stream.size();
  if (uncompress2(list.data(), &size, stream.data(), &taken) != Z_OK || taken != stream.size()) return std::nullopt;
  if (size > kBytesMax) return std::nullopt;
  list.resize(size);
  return list;
}

void check_list(std::string_view text, std::size_t slice) {
  Bytes stream(kernel::base64url_decoded_bytes(text.size()));
  const std::size_t fault = kernel::decode_base64url_portable(text.data(), text.size(), stream.data());
  Expected<issuer::StatusListInflater> inflater = issuer::StatusListInflater::start(text, kBytesMax);
  require(inflater.has_value() == (fault == kernel::kBase64urlAccepted), "the text is strict base64url");
  if (!inflater) return;
  for (std::size_t slices = 0; !inflater->done(); ++slices) {
    require(slices <= kBytesMax / slice + 1, "every slice but the last is full");
    inflater->advance(slice);
  }
  const Expected<Bytes> list = std::move(*inflater).finish();
  const std::optional<Bytes> whole = decompressed(stream);
  require(list.has_value() == whole.has_value(), "a list is accepted exactly if it is one whole stream that fits");
  require(!list || *list == *whole, "slices make the same list");
}

void check_json(std::string_view input) {
  JsonText text(input);
  if (!text.root()) return;
  const Expected<issuer::StatusListText> list = issuer::read_status_list(*text.root());
  const jose::JsonValue::Found bits = text.root()->find("bits");
  const jose::JsonValue::Found lst = text.root()->find("lst");
  const bool is_sound = bits && lst && lst.value.kind() == JsonKind::kString &&
                        bits.value.kind() == JsonKind::kNumber && bits.value.text().size() == 1 &&
                        std::string_view("1248").find(bits.value.text()) != std::string_view::npos;
  require(list.has_value() == is_sound, "a list has bits and a text");
  if (!list) return;
  require(std::to_string(list->bits) == bits.value.text(), "bits are what is written");
  require(list->compressed == lst.value.text(), "the text is what is written");
  check_list(list->compressed, 1000);
}

void check_input(std::string_view input) {
  if (input.starts_with('{')) {
    check_json(input);
  } else if (!input.empty()) {
    const std::size_t slice = static_cast<unsigned char>(input.front()) + std::size_t{1};
    check_list(signing::base64url_encode(input.substr(1)), slice);
  }
}

}  // namespace
}  // namespace assay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assay::fuzz::check_input({reinterpret_cast<const char*>(data), size});
  return 0;
}
