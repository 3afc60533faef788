#include "assay/verdict_text.h"

#include <algorithm>

#include "assay/terminal.h"
#include "jose/numeric_date.h"
#include "signing/json_text.h"

namespace assay::cli {
namespace {

using signing::json_string;
using signing::JsonObject;

constexpr std::string_view kNull = "null";

std::string text_or_null(std::string_view text) { return text.empty() ? std::string(kNull) : json_string(text); }

// Present but empty is not absent.
std::string claim_or_null(const VerifiedToken& token, std::string_view name, std::string_view text) {
  return token.find_claim(name) == nullptr ? std::string(kNull) : json_string(text);
}

std::string scope_json(const VerifiedToken& token) {
  std::string list;
  for (const std::string_view value : token.scope()) list.append(list.empty() ? "" : ",").append(json_string(value));
  return "[" + list + "]";
}

std::string expiry_json(const VerifiedToken& token) {
  if (!token.expires_at()) return std::string(kNull);
  char text[jose::kNumericDateTextMax];
  return {text, jose::format_numeric_date(*token.expires_at(), text)};
}

// JSON text on one line: a raw line end is only ever white space between values.
std::string on_one_line(std::string_view json) {
  std::string line(json);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

void add_outcome(JsonObject& object, ErrorCode code, std::string_view detail) {
  object.add("verdict", verdict_word(code));
  object.add("class", facts_of(facts_of(code).verdict_class).name);
  if (code == ErrorCode::kNone) {
    object.add_json("code", kNull).add_json("detail", kNull);
  } else {
    object.add("code", facts_of(code).name).add("detail", detail_text(code, detail));
  }
}

void add_token(JsonObject& object, const VerifiedToken& token) {
  object.add_json("issuer", claim_or_null(token, "iss", token.issuer()))
      .add_json("subject", claim_or_null(token, "sub", token.subject()))
      .add_json("client", text_or_null(token.client()))
      .add_json("scope", scope_json(token))
      .add_json("expires_at", expiry_json(token))
      .add_json("key_id", text_or_null(token.key_id()))
      .add_json("claims", on_one_line(token.claims_json()));
}

void add_no_token(JsonObject& object) {
  for (const char* name : {"issuer", "subject", "client", "scope", "expires_at", "key_id"}) {
    object.add_json(name, kNull);
  }
}

std::string outcome_line(ErrorCode code, std::string_view detail) {
  return std::string(verdict_word(code)) + " " + std::string(facts_of(code).name) + ": " +
         printable(detail_text(code, detail));
}

}  // namespace

std::string detail_text(ErrorCode code, std::string_view detail) {
  std::string text(facts_of(code).text);
  if (!detail.empty()) text.append(": ").append(detail);
  return text;
}

std::string verdict_line(const Verdict& verdict) {
  if (!verdict.accepted()) return outcome_line(verdict.code(), verdict.detail());
  const std::string_view subject = verdict.token().subject();
  return "accept " + (subject.empty() ? "(no subject)" : printable(subject));
}

std::string verdict_json(const Verdict& verdict) {
  JsonObject object;
  add_outcome(object, verdict.code(), verdict.detail());
  if (verdict.accepted()) {
    add_token(object, verdict.token());
  } else {
    add_no_token(object);
  }
  return object.text();
}

std::string signature_line(ErrorCode code) {
  const std::string line = code == ErrorCode::kNone ? "accept" : outcome_line(code, {});
  return line + " (signature only: no claim was looked at)";
}

std::string signature_json(ErrorCode code) {
  JsonObject object;
  add_outcome(object, code, {});
  add_no_token(object);
  object.add("signature_only", true);
  return object.text();
}

}  // namespace assay::cli
