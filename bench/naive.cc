#include "bench/naive.h"

#include <array>

#include <simdjson.h>

#include "bench/evp_reference.h"

namespace assay::bench {
namespace {

constexpr std::uint8_t kNoSextet = 0xff;

constexpr std::array<std::uint8_t, 256> make_table() {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoSextet);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr std::array<std::uint8_t, 256> kSextets = make_table();

}  // namespace

bool decode_base64url_by_table(std::string_view text, std::string& bytes) {
  bytes.clear();
  bytes.reserve(text.size() * 3 / 4 + simdjson::SIMDJSON_PADDING);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char character : text) {
    const std::uint8_t sextet = kSextets[static_cast<std::uint8_t>(character)];
    if (sextet == kNoSextet) return false;
    bits = bits << 6 | sextet;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes.push_back(static_cast<char>(bits >> bit_count & 0xff));
  }
  return bit_count != 6 && (bits & ((1u << bit_count) - 1)) == 0;
}

class NaiveReader::Impl {
 public:
  // Precondition: `json` has room for SIMDJSON_PADDING bytes behind it, as decode_base64url_by_table leaves it.
  simdjson::simdjson_result<simdjson::dom::object> read(const std::string& json) {
    return parser_.parse(json.data(), json.size(), false).get_object();
  }

 private:
  simdjson::dom::parser parser_;
};

NaiveReader::NaiveReader() : impl_(std::make_unique<Impl>()) {}
NaiveReader::~NaiveReader() = default;

bool NaiveReader::read_header(const std::string& json, Header& header) {
  simdjson::dom::object root;
  return impl_->read(json).get(root) == simdjson::SUCCESS &&
         root["alg"].get_string().get(header.alg) == simdjson::SUCCESS &&
         root["kid"].get_string().get(header.kid) == simdjson::SUCCESS;
}

bool NaiveReader::read_claims(const std::string& json, Claims& claims) {
  simdjson::dom::object root;
  return impl_->read(json).get(root) == simdjson::SUCCESS &&
         root["iss"].get_string().get(claims.iss) == simdjson::SUCCESS &&
         root["aud"].get_string().get(claims.aud) == simdjson::SUCCESS &&
         root["exp"].get_int64().get(claims.exp) == simdjson::SUCCESS;
}

NaivePipeline::NaivePipeline(const keys::KeySet& keys) {
  for (const keys::Key& key : keys.keys()) by_kid_.emplace(key.kid.value_or(""), &key);
}

bool NaivePipeline::accepts(std::string_view compact) {
  const std::size_t first = compact.find('.');
  const std::size_t last = compact.rfind('.');
  if (first == std::string_view::npos || first == last || compact.find('.', first + 1) != last) return false;

  std::string json;
  NaiveReader::Header header;
  if (!decode_base64url_by_table(compact.substr(0, first), json) || !reader_.read_header(json, header)) return false;
  const auto key = by_kid_.find(header.kid);
  if (header.alg != "RS256" || key == by_kid_.end()) return false;

  PreparedToken token;
  token.signing_input = compact.substr(0, last);
  if (!decode_base64url_by_table(compact.substr(last + 1), token.signature)) return false;
  if (!verify_one_shot(*key->second, token)) return false;

  NaiveReader::Claims claims;
  return decode_base64url_by_table(compact.substr(first + 1, last - first - 1), json) &&
         reader_.read_claims(json, claims) && claims.iss == kIssuer && claims.aud == kAudience && kNowS < claims.exp;
}

}  // namespace assay::bench
