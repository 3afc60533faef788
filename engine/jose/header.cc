#include "jose/header.h"

#include "assay/limits.h"
#include "base/letter_case.h"

namespace assay::jose {

namespace {

constexpr std::string_view kMediaTypePrefix = "application/";

// The short form of a media type: without "application/" where no other slash follows. RFC 7515 sec 4.1.9.
std::string_view short_media_type(std::string_view type) noexcept {
  if (!base::equals_ignoring_case(type.substr(0, kMediaTypePrefix.size()), kMediaTypePrefix)) return type;
  const std::string_view rest = type.substr(kMediaTypePrefix.size());
  return rest.find('/') == std::string_view::npos ? rest : type;
}

// No extension exists here, so that `crit` in any form, an empty or misspelt one included, demands too much.
// RFC 7515 sec 4.1.11, RFC 7797 sec 3.
bool demands_extension(JsonValue root) noexcept {
  if (root.find("crit")) return true;
  const JsonValue::Found b64 = root.find("b64");
  return b64 && b64.value.kind() != JsonKind::kTrue;
}

}  // namespace

Expected<JoseHeader> parse_header(JsonValue root) noexcept {
  JoseHeader header;

  const JsonValue::Found alg = root.find("alg");
  if (!alg || alg.value.kind() != JsonKind::kString) return fail(ErrorCode::kUnsupportedAlg);
  const std::optional<Alg> known = find_alg(alg.value.text());
  if (!known) return fail(ErrorCode::kUnsupportedAlg);
  header.unverified_alg = *known;

  if (demands_extension(root)) return fail(ErrorCode::kUnsupportedCrit);

  if (root.find("enc")) return fail(ErrorCode::kWrongType);
  if (const JsonValue::Found cty = root.find("cty")) {
    if (cty.value.kind() != JsonKind::kString) return fail(ErrorCode::kBadJson);
    if (base::equals_ignoring_case(short_media_type(cty.value.text()), "jwt")) return fail(ErrorCode::kWrongType);
  }

  if (const JsonValue::Found kid = root.find("kid")) {
    if (kid.value.kind() != JsonKind::kString) return fail(ErrorCode::kBadJson);
    if (kid.value.text().size() > kKidBytesMax) return fail(ErrorCode::kBadJson);
    header.has_kid = true;
    header.unverified_kid = kid.value.text();
  }
  if (const JsonValue::Found typ = root.find("typ")) {
    if (typ.value.kind() != JsonKind::kString) return fail(ErrorCode::kBadJson);
    header.typ = short_media_type(typ.value.text());
  }
  return header;
}

}  // namespace assay::jose
