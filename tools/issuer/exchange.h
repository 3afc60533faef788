// A request and its answer as the development issuer sees them, without any transport.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::development {

struct Field {
  std::string_view name;
  std::string_view value;
};

// Borrows every byte from the transport.
struct Request {
  std::string_view method;
  std::string_view path;   // as sent, without the query
  std::string_view query;  // without the '?'
  std::vector<Field> fields;
  std::string_view body;

  // The value of the first field of that name, compared without case; empty if there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const;
};

struct AnswerField {
  std::string name;
  std::string value;
};

struct Answer {
  int status = 200;
  std::vector<AnswerField> fields;
  std::string body;
};

// Builds an answer with a JSON body that nobody may store (RFC 6749 sec 5.1).
[[nodiscard]] Answer json_answer(int status, std::string json);

// Builds an error answer of a token endpoint. RFC 6749 sec 5.2.
//
//   error          one of the registered codes, such as "invalid_client"
//   description    a sentence for the developer
[[nodiscard]] Answer oauth_error(int status, std::string_view error, std::string_view description);

// "Try again in so many seconds": 429 or 503.
[[nodiscard]] Answer retry_later(int status, std::int64_t retry_after_s);

}  // namespace assay::development
