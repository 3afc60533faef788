// What the probe answers: parts of the engine on their own, for public test vectors.
//
//   {"op":"verify","alg":A,"jwk":{...},"msg":HEX,"sig":HEX}      {"valid":true} or {"valid":false,"reason":NAME}
//     with "kernel":V and RS256                                   the same, by that variant of the RSA kernel
//     with "kernel":"none" and RS256                              the same, as where no kernel runs
//   {"op":"rsa_public","kernel":V,"n":HEX,"e":HEX,"s":HEX}        {"valid":true,"bytes":HEX}: s^e mod n, on which the
//                                                                kernel and OpenSSL agree; or valid and reason as above
//   {"op":"kernels"}                                             {"base64url":NAMES,"dots":NAMES,"json":NAMES,
//                                                                "rsa":NAMES}: the variants that run here, separated
//                                                                by commas
//   {"op":"json","text":HEX}                                     {"valid":true} or {"valid":false,"reason":NAME}, for
//                                                                one JSON document as a token has them
//     with "kernel":V                                            the same, by that variant of the kernel
//   {"op":"base64url","kernel":V,"text":HEX}                     {"valid":true,"bytes":HEX} or
//                                                                {"valid":false,"offset":N}
//
// `reason` is the name of an error code or of a key's defect. What is no such question is answered {"error":TEXT}.
#pragma once

#include <string>
#include <string_view>

#include "base/arena.h"
#include "jose/json.h"
#include "verify/evp_verify.h"

namespace assay::probe {

// Longest question, in bytes.
inline constexpr std::size_t kQuestionBytesMax = std::size_t{8} << 20;

class Operations {
 public:
  Operations() : questions_(kQuestionBytesMax), arena_(kQuestionBytesMax) {}

  // One question in, one answer out, both JSON text on one line without its end.
  [[nodiscard]] std::string answer(std::string_view question);

 private:
  [[nodiscard]] std::string answer_verify(jose::JsonValue question);
  [[nodiscard]] static std::string answer_rsa_public(jose::JsonValue question);
  [[nodiscard]] std::string answer_json(jose::JsonValue question) const;
  [[nodiscard]] std::string answer_base64url(jose::JsonValue question) const;

  jose::JsonReader questions_;
  base::Arena arena_;
  verify::EvpVerifier verifier_;
};

}  // namespace assay::probe
