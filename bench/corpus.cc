#include "bench/corpus.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <utility>

#include "bench/kept_file.h"
#include "bench/kept_keys.h"
#include "signing/json_text.h"
#include "signing/jwt_writer.h"
#include "signing/signing_key.h"

namespace assay::bench {
namespace {

constexpr std::uint64_t kSeed = 20'240'312;
// Part of the file name: files of another layout or with other claims are not read.
constexpr std::string_view kFormat = "v1";

[[noreturn]] void stop(const std::string& why) {
  std::cerr << "bench/corpus: " << why << '\n';
  std::abort();
}

std::size_t token_count() {
  std::size_t count = 1024;
  if (const char* text = std::getenv("ASSAY_BENCH_TOKENS")) {  // NOLINT(concurrency-mt-unsafe): one thread
    const std::string_view digits(text);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc() || end != digits.data() + digits.size() || count == 0) {
      stop("ASSAY_BENCH_TOKENS must be a number above 0, not '" + std::string(digits) + "'");
    }
  }
  return (count + kBatchMax - 1) / kBatchMax * kBatchMax;
}

std::string random_text(std::mt19937_64& random, std::size_t characters) {
  constexpr std::string_view kAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string text;
  while (text.size() < characters) text += kAlphabet[random() % kAlphabet.size()];
  return text;
}

std::string kid_of(std::size_t key) { return "2024-03-signing-" + std::to_string(1000 + key); }

std::string header_json(std::size_t key) {
  return signing::JsonObject().add("alg", "RS256").add("kid", kid_of(key)).text();
}

// 372 bytes, as an access token of RFC 9068 with a few private claims has.
std::string claims_json(std::mt19937_64& random, std::int64_t exp_s) {
  return signing::JsonObject()
      .add("iss", kIssuer)
      .add("sub", "user-" + random_text(random, 16))
      .add("aud", kAudience)
      .add("client_id", "client-" + random_text(random, 12))
      .add("iat", exp_s - 3600 - static_cast<std::int64_t>(random() % 60))
      .add("exp", exp_s)
      .add("jti", random_text(random, 32))
      .add("scope", "orders:read orders:write customers:read")
      .add("tenant", random_text(random, 12))
      .add_json("roles", R"(["clerk","approver"])")
      .add("auth_time", exp_s - 4000)
      .add("sid", random_text(random, 24))
      .text();
}

// What the file keeps: valid and expired tokens. The bad ones are made of valid ones.
struct Signed {
  std::string jwks;
  std::vector<CorpusToken> valid;
  std::vector<CorpusToken> expired;
};

Signed sign_all(std::size_t keys, std::size_t tokens) {
  std::mt19937_64 random(kSeed);
  const std::vector<signing::SigningKey> signers = kept_rsa_keys(2048, keys);
  std::string jwks;
  for (std::size_t key = 0; key < keys; ++key) {
    jwks += jwks.empty() ? "{\"keys\":[" : ",";
    jwks += signers[key].public_jwk({.kid = kid_of(key), .alg = {}, .use = {}});
  }
  Signed made{.jwks = jwks + "]}", .valid = {}, .expired = {}};
  const auto sign = [&](std::size_t key, std::int64_t exp_s) {
    return signing::sign_jwt({.header_json = header_json(key), .payload_json = claims_json(random, exp_s)},
                             signers[key], Alg::kRS256);
  };
  for (std::size_t i = 0; i < tokens; ++i) {
    const std::size_t key = i % keys;
    made.valid.push_back({.compact = sign(key, kNowS + 1800), .key = key, .expected = ErrorCode::kNone});
    made.expired.push_back({.compact = sign(key, kNowS - 1800), .key = key, .expected = ErrorCode::kExpired});
  }
  return made;
}

// The file: the key set on the first line, then "KEY VALID EXPIRED" a line.
Signed read_signed(const std::string& text) {
  std::istringstream lines(text);
  Signed read;
  std::getline(lines, read.jwks);
  CorpusToken valid{.compact = {}, .key = 0, .expected = ErrorCode::kNone};
  CorpusToken expired{.compact = {}, .key = 0, .expected = ErrorCode::kExpired};
  while (lines >> valid.key >> valid.compact >> expired.compact) {
    expired.key = valid.key;
    read.valid.push_back(valid);
    read.expired.push_back(expired);
  }
  return read;
}

std::string text_of(const Signed& made) {
  std::string text = made.jwks + '\n';
  for (std::size_t i = 0; i < made.valid.size(); ++i) {
    text += std::to_string(made.valid[i].key) + ' ' + made.valid[i].compact + ' ' + made.expired[i].compact + '\n';
  }
  return text;
}

const Signed& signed_tokens(std::size_t keys) {
  static std::map<std::size_t, Signed> by_keys;
  const auto [found, is_new] = by_keys.try_emplace(keys);
  if (!is_new) return found->second;
  const std::size_t tokens = token_count();
  const std::string name =
      "rs256-" + std::string(kFormat) + "-" + std::to_string(keys) + "x" + std::to_string(tokens) + ".txt";
  const std::string kept = read_kept(name);
  if (kept.empty()) {
    found->second = sign_all(keys, tokens);
    write_kept(name, text_of(found->second));
  } else {
    found->second = read_signed(kept);
  }
  return found->second;
}

CorpusToken with_bad_signature(CorpusToken token, std::mt19937_64& random) {
  // A character of the lower half of the signature, which is the last 342 characters.
  char& character = token.compact[token.compact.size() - 2 - random() % 160];
  character = character == 'A' ? 'B' : 'A';
  token.expected = ErrorCode::kBadSignature;
  return token;
}

Corpus make_corpus(const Signed& source, Mix mix) {
  std::mt19937_64 random(kSeed);
  Corpus made{.jwks = source.jwks, .tokens = {}};
  for (std::size_t i = 0; i < source.valid.size(); ++i) {
    const bool valid = mix == Mix::kValid || (mix == Mix::kMixed && i % 4 < 2);
    const bool expired = mix == Mix::kExpired || (mix == Mix::kMixed && i % 4 == 2);
    if (valid || expired) {
      made.tokens.push_back(valid ? source.valid[i] : source.expired[i]);
    } else {
      made.tokens.push_back(with_bad_signature(source.valid[i], random));
    }
  }
  if (mix == Mix::kMixed) std::shuffle(made.tokens.begin(), made.tokens.end(), random);
  return made;
}

}  // namespace

std::string_view name_of(Mix mix) {
  switch (mix) {
    case Mix::kValid: return "valid";
    case Mix::kExpired: return "expired";
    case Mix::kBadSignature: return "bad_signature";
    case Mix::kMixed: return "mixed";
  }
  return {};
}

const Corpus& corpus(std::size_t keys, Mix mix) {
  static std::map<std::pair<std::size_t, Mix>, Corpus> made;
  const auto [found, is_new] = made.try_emplace({keys, mix});
  if (is_new) found->second = make_corpus(signed_tokens(keys), mix);
  return found->second;
}

Policy policy_for(const Corpus& corpus) {
  IssuerPolicy issuer;
  issuer.name = "bench";
  issuer.issuer = kIssuer;
  issuer.keys = {.kind = KeySource::Kind::kJwksText, .text = corpus.jwks};
  issuer.audiences = {std::string(kAudience)};
  RoutePolicy route;
  route.path = "/v1/orders/*";
  route.methods = {"GET"};
  route.scopes = {"orders:read"};
  Policy policy;
  policy.issuers = {issuer};
  policy.routes = {route};
  policy.unmatched_authenticated = false;
  return policy;
}

Check check_for(const CorpusToken& token) {
  return {.token = token.compact, .method = "GET", .path = "/v1/orders/1042"};
}

}  // namespace assay::bench
