#include "server/admin_targets.h"

#include <algorithm>
#include <utility>

namespace assay::server {
namespace {

// One object, read and not yet kept: views live until the reader's next object.
using ReadTarget = tl::expected<RevocationTarget, std::string>;

tl::unexpected<std::string> fault(std::string sentence) { return tl::unexpected<std::string>(std::move(sentence)); }

std::string kind_names() {
  std::string names;
  for (std::uint8_t kind = 1; kind <= kRevocationKindCount; ++kind) {
    names += (names.empty() ? "" : ", ") + std::string(name_of(static_cast<RevocationKind>(kind)));
  }
  return names;
}

// The members of an object as far as they are known. What is absent is empty.
struct Members {
  std::string_view kind;
  std::string_view issuer;
  std::string_view value;
  std::string_view issued_before;
};

struct MemberRule {
  std::string_view name;
  JsonKind json_kind;
  std::string_view Members::*place;
};
constexpr MemberRule kMemberRules[] = {{"kind", JsonKind::kString, &Members::kind},
                                       {"issuer", JsonKind::kString, &Members::issuer},
                                       {"value", JsonKind::kString, &Members::value},
                                       {"issued_before", JsonKind::kNumber, &Members::issued_before}};

tl::expected<Members, std::string> sort_members(std::span<const Claim> claims) {
  Members members;
  for (const Claim& claim : claims) {
    const auto* const rule = std::find_if(std::begin(kMemberRules), std::end(kMemberRules),
                                          [&claim](const MemberRule& known) { return known.name == claim.name; });
    if (rule == std::end(kMemberRules)) return fault("a member that is none of kind, issuer, value, issued_before");
    if (claim.kind != rule->json_kind) {
      const bool wants_number = rule->json_kind == JsonKind::kNumber;
      return fault(std::string(rule->name) + " is no " + (wants_number ? "number of seconds" : "string"));
    }
    if (claim.text.empty()) return fault(std::string(rule->name) + " is empty");
    members.*(rule->place) = claim.text;
  }
  return members;
}

ReadTarget target_of(const Members& members) {
  if (members.kind.empty()) return fault("kind is missing");
  const std::optional<RevocationKind> kind = find_revocation_kind(members.kind);
  if (!kind) return fault("kind is none of " + kind_names());
  const std::string kind_name(members.kind);
  RevocationTarget target{.kind = *kind, .issuer_name = members.issuer, .value = members.value};
  if (*kind == RevocationKind::kIssuerIssuedBefore) {
    if (!members.value.empty()) return fault(kind_name + " takes no value");
  } else if (members.value.empty()) {
    return fault(kind_name + " needs a value");
  }
  if (!has_issued_before(*kind)) {
    if (!members.issued_before.empty()) return fault(kind_name + " takes no issued_before");
    return target;
  }
  if (members.issued_before.empty()) return fault(kind_name + " needs issued_before");
  const Expected<NumericDate> date = read_numeric_date(members.issued_before);
  if (!date) return fault("issued_before is no time: seconds since 1970, and less than 2^53");
  target.issued_before_us = date->us;
  return target;
}

ReadTarget read_object(std::string_view text, JsonObjectReader& reader) {
  const Expected<std::span<const Claim>> claims = reader.read(text);
  if (!claims) return fault(object_fault(text, claims.error()));
  const tl::expected<Members, std::string> members = sort_members(*claims);
  if (!members) return fault(members.error());
  return target_of(*members);
}

}  // namespace

std::string object_fault(std::string_view text, const Error& error) {
  if (text.size() > kAdminObjectBytesMax) {
    return "an object is longer than " + std::to_string(kAdminObjectBytesMax) + " bytes";
  }
  const bool repeats = error.code == ErrorCode::kDuplicateMember;
  const std::string sentence = repeats ? "a member occurs twice" : "not one JSON object";
  // Zero is also the offset of what has no known place.
  return error.offset == 0 ? sentence : sentence + ", at byte " + std::to_string(error.offset) + " of it";
}

std::string_view AdminTargets::keep(std::string_view text) {
  if (text.empty()) return {};
  return texts_.emplace_back(text);
}

void AdminTargets::add(const RevocationTarget& target) {
  targets_.push_back({.kind = target.kind,
                      .issuer_name = keep(target.issuer_name),
                      .value = keep(target.value),
                      .issued_before_us = target.issued_before_us});
}

tl::expected<AdminTargets, std::string> read_target(std::string_view body, JsonObjectReader& reader) {
  const ReadTarget target = read_object(body, reader);
  if (!target) return fault(target.error());
  AdminTargets targets;
  targets.add(*target);
  return targets;
}

tl::expected<AdminTargets, std::string> read_target_lines(std::string_view body, JsonObjectReader& reader) {
  if (body.empty()) return fault("the body has no line");
  if (body.back() == '\n') body.remove_suffix(1);
  AdminTargets targets;
  std::string faults;
  std::size_t fault_count = 0;
  for (std::size_t line = 1;; ++line) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const ReadTarget target = read_object(body.substr(0, end), reader);
    if (target) {
      targets.add(*target);
    } else if (++fault_count <= kNamedFaultsMax) {
      faults += (faults.empty() ? "line " : "; line ") + std::to_string(line) + ": " + target.error();
    }
    if (end == body.size()) break;
    body.remove_prefix(end + 1);
  }
  if (fault_count == 0) return targets;
  if (fault_count > kNamedFaultsMax) faults += "; and " + std::to_string(fault_count - kNamedFaultsMax) + " more lines";
  return fault(std::move(faults));
}

}  // namespace assay::server
