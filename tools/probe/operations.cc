#include "probe/operations.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/hex.h"
#include "jose/alg.h"
#include "jose/jwk.h"
#include "kernel/kernel.h"
#include "keys/key.h"
#include "probe/hex.h"
#include "probe/rsa_public.h"
#include "signing/json_text.h"
#include "verify/rsa_batch.h"

namespace assay::probe {
namespace {

using signing::JsonObject;

std::string error(std::string_view text) { return JsonObject().add("error", text).text(); }
std::string valid() { return JsonObject().add("valid", true).text(); }
std::string invalid(std::string_view reason) { return JsonObject().add("valid", false).add("reason", reason).text(); }
std::string invalid(ErrorCode code) { return invalid(facts_of(code).name); }

// The text of a string member; nothing if it is absent or something else.
std::optional<std::string_view> find_text(jose::JsonValue question, std::string_view name) {
  const jose::JsonValue::Found member = question.find(name);
  if (!member || member.value.kind() != JsonKind::kString) return std::nullopt;
  return member.value.text();
}

std::optional<std::string> find_bytes(jose::JsonValue question, std::string_view name) {
  const std::optional<std::string_view> text = find_text(question, name);
  return text ? decode_hex(*text) : std::nullopt;
}

// The variant of that name, if it was compiled in and runs here.
template <typename Variants>
auto find_variant(const Variants& variants, std::string_view name) -> decltype(&variants[0]) {
  for (const auto& variant : variants) {
    if (variant.name == name && variant.supported(base::detect_cpu_features())) return &variant;
  }
  return nullptr;
}

template <typename Variants>
std::string names_of(const Variants& variants) {
  std::string names;
  for (const auto& variant : variants) {
    if (!variant.supported(base::detect_cpu_features())) continue;
    if (!names.empty()) names += ',';
    names += variant.name;
  }
  return names;
}

// The RSA variants that compute something: in an engine the portable one leaves the work to OpenSSL.
std::vector<kernel::RsaVariant> rsa_variants_that_run() {
  std::vector<kernel::RsaVariant> variants;
  for (kernel::RsaVariant variant : kernel::rsa_variants()) {
    if (variant.run == nullptr) variant.run = kernel::rsa_public_x8_portable;
    variants.push_back(variant);
  }
  return variants;
}

// What an engine does where no variant runs: one signature after the other.
constexpr kernel::RsaVariant kNoLanes{.name = "none", .run = nullptr, .needs = {}};

std::string verify_in_lanes(const keys::Key& key, const kernel::RsaVariant& variant, std::string_view message,
                            std::span<const std::uint8_t> signature) {
  verify::RsaBatch batch(variant);
  verify::Sha256 sha256;
  verify::RsaJob job{.key = &key, .signature = signature};
  if (!batch.takes(key)) return error("this kernel does not take the key");
  if (!sha256.hash(message, job.hash)) return error("OpenSSL cannot hash");
  batch.verify({&job, 1});
  return job.valid ? valid() : invalid(ErrorCode::kBadSignature);
}

}  // namespace

std::string Operations::answer(std::string_view question) {
  arena_.reset();
  std::string padded(question);
  padded.append(jose::kJsonPaddingBytes, ' ');
  const Expected<jose::JsonValue> root = questions_.read(std::string_view{padded}.substr(0, question.size()), arena_);
  if (!root) return error("the question is not one JSON object");
  const std::optional<std::string_view> op = find_text(*root, "op");
  if (!op) return error("op is not a string");
  if (*op == "verify") return answer_verify(*root);
  if (*op == "rsa_public") return answer_rsa_public(*root);
  if (*op == "json") return answer_json(*root);
  if (*op == "base64url") return answer_base64url(*root);
  if (*op == "kernels") {
    return JsonObject()
        .add("base64url", names_of(kernel::base64url_variants()))
        .add("dots", names_of(kernel::dots_variants()))
        .add("json", names_of(kernel::json_variants()))
        .add("rsa", names_of(rsa_variants_that_run()))
        .text();
  }
  return error("op is none of verify, rsa_public, json, base64url and kernels");
}

std::string Operations::answer_verify(jose::JsonValue question) {
  const std::optional<std::string_view> alg_name = find_text(question, "alg");
  const jose::JsonValue::Found jwk = question.find("jwk");
  const std::optional<std::string> message = find_bytes(question, "msg");
  const std::optional<std::string> signature = find_bytes(question, "sig");
  if (!alg_name || !jwk || !message || !signature)
    return error("verify needs alg, jwk, and msg and sig in hexadecimal");
  const std::optional<Alg> alg = jose::find_alg(*alg_name);
  if (!alg) return invalid(ErrorCode::kUnsupportedAlg);
  const keys::Key key = keys::make_key(jose::parse_jwk(jwk.value));
  if (!key.usable()) return invalid(jose::facts_of(key.prepared.defect).name);
  if (!key.fits(*alg)) return invalid(ErrorCode::kAlgKeyMismatch);
  if (!key.strong_enough(*alg)) return invalid(ErrorCode::kWeakKey);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(signature->data()), signature->size());
  if (const std::optional<std::string_view> kernel = find_text(question, "kernel")) {
    const std::vector<kernel::RsaVariant> variants = rsa_variants_that_run();
    const kernel::RsaVariant* variant = *kernel == kNoLanes.name ? &kNoLanes : find_variant(variants, *kernel);
    if (variant == nullptr || *alg != Alg::kRS256) return error("kernel is for RS256, and one of those that run here");
    return verify_in_lanes(key, *variant, *message, bytes);
  }
  return verifier_.verify(key, *alg, *message, bytes) ? valid() : invalid(ErrorCode::kBadSignature);
}

std::string Operations::answer_rsa_public(jose::JsonValue question) {
  const std::optional<std::string_view> kernel = find_text(question, "kernel");
  const std::optional<std::string> n = find_bytes(question, "n");
  const std::optional<std::string> e = find_bytes(question, "e");
  const std::optional<std::string> s = find_bytes(question, "s");
  if (!kernel || !n || !e || !s) return error("rsa_public needs kernel, and n, e and s in hexadecimal");
  const std::vector<kernel::RsaVariant> variants = rsa_variants_that_run();
  const kernel::RsaVariant* variant = find_variant(variants, *kernel);
  if (variant == nullptr) return error("kernel is none of those that run here");
  const Expected<std::string> power = raise_in_lanes(*variant, *n, *e, *s);
  if (!power) return invalid(power.error().code);
  return JsonObject().add("valid", true).add("bytes", base::hex_text(*power)).text();
}

std::string Operations::answer_json(jose::JsonValue question) const {
  const std::string_view kernel = find_text(question, "kernel").value_or("portable");
  std::optional<std::string> text = find_bytes(question, "text");
  if (!text) return error("json needs text in hexadecimal");
  const kernel::JsonVariant* variant = find_variant(kernel::json_variants(), kernel);
  if (variant == nullptr) return error("kernel is none of: " + names_of(kernel::json_variants()));
  const std::size_t length = text->size();
  text->append(jose::kJsonPaddingBytes, ' ');
  jose::JsonReader reader(length, *variant);
  base::Arena arena(length + 1);
  const Expected<jose::JsonValue> root = reader.read(std::string_view{*text}.substr(0, length), arena);
  return root ? valid() : invalid(root.error().code);
}

std::string Operations::answer_base64url(jose::JsonValue question) const {
  const std::optional<std::string_view> kernel = find_text(question, "kernel");
  const std::optional<std::string> text = find_bytes(question, "text");
  if (!kernel || !text) return error("base64url needs kernel, and text in hexadecimal");
  const kernel::Base64urlVariant* variant = find_variant(kernel::base64url_variants(), *kernel);
  if (variant == nullptr) return error("kernel is none of: " + names_of(kernel::base64url_variants()));
  std::string bytes(kernel::base64url_decoded_bytes(text->size()), '\0');
  const std::size_t fault = variant->run(text->data(), text->size(), reinterpret_cast<std::uint8_t*>(bytes.data()));
  if (fault == kernel::kBase64urlAccepted)
    return JsonObject().add("valid", true).add("bytes", base::hex_text(bytes)).text();
  return JsonObject().add("valid", false).add("offset", static_cast<std::int64_t>(fault)).text();
}

}  // namespace assay::probe
