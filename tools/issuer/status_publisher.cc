#include "issuer/status_publisher.h"

#include <algorithm>
#include <array>
#include <utility>

#include <zlib.h>

#include "base/check.h"
#include "signing/base64url_writer.h"
#include "signing/json_text.h"

namespace assay::development {
namespace {

using signing::JsonObject;

constexpr std::array<std::pair<std::string_view, StatusListForm>, 7> kForms = {{
    {"good", StatusListForm::kGood},
    {"garbage", StatusListForm::kGarbage},
    {"foreign_key", StatusListForm::kForeignKey},
    {"wrong_sub", StatusListForm::kWrongSubject},
    {"wrong_type", StatusListForm::kWrongType},
    {"torn", StatusListForm::kTorn},
    {"expired", StatusListForm::kExpired},
}};

std::string compressed(const std::vector<std::uint8_t>& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  ASSAY_CHECK(compress2(reinterpret_cast<Bytef*>(out.data()), &size, bytes.data(), bytes.size(), Z_BEST_COMPRESSION) ==
              Z_OK);
  out.resize(size);
  return out;
}

}  // namespace

std::optional<StatusListForm> find_status_list_form(std::string_view name) {
  const auto* const found =
      std::find_if(kForms.begin(), kForms.end(), [name](const auto& form) { return form.first == name; });
  return found == kForms.end() ? std::nullopt : std::optional(found->second);
}

void StatusPublisher::set(std::int64_t index, std::int64_t status) {
  const auto place = static_cast<std::size_t>(index);
  const unsigned shift = 2 * static_cast<unsigned>(place % 4);
  const unsigned cleared = bytes_[place / 4] & ~(3U << shift);
  bytes_[place / 4] = static_cast<std::uint8_t>(cleared | static_cast<unsigned>(status) << shift);
}

Answer StatusPublisher::serve(const KeyRing& keys, Now now) const {
  if (form_ == StatusListForm::kGarbage) return {.status = 200, .fields = {}, .body = "<html>not a list</html>"};
  const std::int64_t now_s = now.wall_us / 1'000'000;
  std::string octets = compressed(bytes_);
  if (form_ == StatusListForm::kTorn) octets.resize(octets.size() / 2);
  const std::string list = JsonObject().add("bits", 2).add("lst", signing::base64url_encode(octets)).text();
  const std::string claims = JsonObject()
                                 .add("iss", issuer_)
                                 .add("sub", form_ == StatusListForm::kWrongSubject ? url_ + "0" : url_)
                                 .add("iat", form_ == StatusListForm::kExpired ? now_s - 60 : now_s)
                                 .add("exp", form_ == StatusListForm::kExpired ? now_s - 1 : now_s + 3600)
                                 .add("ttl", 1)
                                 .add_json("status_list", list)
                                 .text();
  const SignatureKind signature =
      form_ == StatusListForm::kForeignKey ? SignatureKind::kForeignKey : SignatureKind::kGood;
  const std::string_view type = form_ == StatusListForm::kWrongType ? "JWT" : "statuslist+jwt";
  return {.status = 200,
          .fields = {{"Content-Type", "application/statuslist+jwt"}},
          .body = keys.sign(claims, signature, type)};
}

}  // namespace assay::development
