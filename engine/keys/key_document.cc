#include "keys/key_document.h"

#include <algorithm>
#include <string>
#include <utility>

#include "assay/limits.h"
#include "keys/evp_key_pem.h"

namespace assay::keys {

namespace {

using jose::Jwk;

KeyDocument pinned(Jwk jwk) {
  KeyDocument document{.keys = {}, .kid_use = KidUse::kIgnored};
  document.keys.push_back(std::move(jwk));
  return document;
}

// A record without its mark.
Jwk read_record(std::string_view record) {
  const std::size_t kid_bytes = std::min(record.find('\n'), record.size());
  Expected<Jwk> read = parse_public_pem(record.substr(kid_bytes));
  Jwk jwk;
  if (read) jwk = std::move(*read);
  if (!read || kid_bytes == 0 || kid_bytes > kKidBytesMax) jwk.defect = jose::KeyDefect::kMalformed;
  if (kid_bytes > 0 && kid_bytes <= kKidBytesMax) jwk.kid = std::string(record.substr(0, kid_bytes));
  return jwk;
}

Expected<KeyDocument> read_pem_folder(std::string_view text) {
  if (text.size() > kJwksBytesMax) return fail(ErrorCode::kBadKeySet, kJwksBytesMax);
  if (!text.empty() && text.front() != kPemRecordMark) return fail(ErrorCode::kBadKeySet);
  if (std::count(text.begin(), text.end(), kPemRecordMark) > static_cast<std::ptrdiff_t>(kKeysPerIssuerMax)) {
    return fail(ErrorCode::kBadKeySet);
  }
  KeyDocument document;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view record = text.substr(0, text.find(kPemRecordMark));
    document.keys.push_back(read_record(record));
    text.remove_prefix(record.size());
  }
  return document;
}

Expected<KeyDocument> read_secret(std::string_view text) {
  if (text.size() < kHmacSecretBytesMin) return fail(ErrorCode::kBadKeySet);
  if (text.size() > kHmacSecretBytesMax) return fail(ErrorCode::kBadKeySet, kHmacSecretBytesMax);
  Jwk jwk;
  jwk.type = jose::KeyType::kOct;
  jwk.kty = "oct";
  jwk.secret_k = text;
  return pinned(std::move(jwk));
}

}  // namespace

Expected<KeyDocument> read_key_document(KeySource::Kind kind, std::string_view text) {
  switch (kind) {
    case KeySource::Kind::kDiscovery:
    case KeySource::Kind::kJwksUrl:
    case KeySource::Kind::kJwksText: {
      Expected<std::vector<Jwk>> keys = jose::parse_jwk_set(text);
      if (!keys) return Unexpected(keys.error());
      return KeyDocument{.keys = std::move(*keys), .kid_use = KidUse::kChooses};
    }
    case KeySource::Kind::kPem: {
      Expected<Jwk> jwk = parse_public_pem(text);
      if (!jwk) return Unexpected(jwk.error());
      return pinned(std::move(*jwk));
    }
    case KeySource::Kind::kPemFolder: return read_pem_folder(text);
    case KeySource::Kind::kSecret: return read_secret(text);
    case KeySource::Kind::kNone: return fail(ErrorCode::kBadKeySet);
  }
  return fail(ErrorCode::kBadKeySet);
}

}  // namespace assay::keys
