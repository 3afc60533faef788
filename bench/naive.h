// The naive pipeline: how a careful program without Assay checks a JWT, one token at a time. What benchmarks compare
// whole decisions with.
//
// Split, base64url by a table, simdjson in DOM mode, EVP_DigestVerify with a fresh context, then iss, aud and exp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "bench/corpus.h"
#include "keys/key_set.h"

namespace assay::bench {

// Decodes unpadded base64url, one table look-up a character, as strictly as the engine.
//
//   bytes     replaced, with room behind it for what NaiveReader reads over; unspecified where the text is refused
//   returns   whether `text` is strict base64url
[[nodiscard]] bool decode_base64url_by_table(std::string_view text, std::string& bytes);

// Reads JSON texts by simdjson's DOM, keeping its memory from text to text.
class NaiveReader {
 public:
  NaiveReader();
  ~NaiveReader();

  struct Header {
    std::string_view alg;
    std::string_view kid;
  };
  struct Claims {
    std::string_view iss;
    std::string_view aud;
    std::int64_t exp = 0;
  };
  // Reads a text that decode_base64url_by_table made. Views live until the next read. False: no JSON object, or a
  // member is absent or of another type.
  [[nodiscard]] bool read_header(const std::string& json, Header& header);
  [[nodiscard]] bool read_claims(const std::string& json, Claims& claims);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

class NaivePipeline {
 public:
  // `keys` must outlive this.
  explicit NaivePipeline(const keys::KeySet& keys);

  // Whether the token is signed by one of the keys, of the benchmarks' issuer, for their audience, and alive at kNow.
  [[nodiscard]] bool accepts(std::string_view compact);

 private:
  NaiveReader reader_;
  std::map<std::string, const keys::Key*, std::less<>> by_kid_;
};

}  // namespace assay::bench
