// The engine's one error type, its codes and their classes.
#pragma once

#include <cstdint>
#include <string_view>

namespace assay {

// What a caller may branch on (docs/architecture.md).
enum class VerdictClass : std::uint8_t {
#define ASSAY_VERDICT_CLASS(enumerator, name, http_status, oauth_error) enumerator,
#include "assay/error_codes.inc"
};

// Which check refused. For people, logs, metrics and tests; callers branch on the class.
enum class ErrorCode : std::uint8_t {
  kNone = 0,
#define ASSAY_ERROR_CODE(enumerator, name, class_enumerator, text, source) enumerator,
#include "assay/error_codes.inc"
};

// How many codes there are, kNone included: the size of a table indexed by code.
inline constexpr std::size_t kErrorCodeCount = 1
#define ASSAY_ERROR_CODE(enumerator, name, class_enumerator, text, source) +1
#include "assay/error_codes.inc"
    ;

// A refused check and where: `offset` is the first bad byte of what was being read, 0 where there is none.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kNone;
  std::uint32_t offset = 0;

  friend constexpr bool operator==(const Error&, const Error&) = default;
};
static_assert(sizeof(Error) == 8);

// The static facts of a code. kNone is the accepted case.
struct ErrorFacts {
  std::string_view name;  // stable public name: metric label, X-Assay-Code
  VerdictClass verdict_class;
  std::string_view text;    // one sentence without a full stop
  std::string_view source;  // RFC clause or design section that the check comes from
};

// The static facts of a class.
struct VerdictClassFacts {
  std::string_view name;
  std::uint16_t http_status;
  std::string_view oauth_error;  // RFC 6750 sec 3.1; empty where none is sent
};

// Both are total over their enums and cost one table look-up. Views are static.
[[nodiscard]] constexpr ErrorFacts facts_of(ErrorCode code) noexcept;
[[nodiscard]] constexpr VerdictClassFacts facts_of(VerdictClass verdict_class) noexcept;

// What a code comes to in one word: "accept", "refuse" or "undecided".
[[nodiscard]] constexpr std::string_view verdict_word(ErrorCode code) noexcept;

// Finds a code by its public name; kNone where there is none of that name.
[[nodiscard]] constexpr ErrorCode find_error_code(std::string_view name) noexcept;

namespace detail {

inline constexpr VerdictClassFacts kVerdictClassFacts[] = {
#define ASSAY_VERDICT_CLASS(enumerator, name, http_status, oauth_error) {name, http_status, oauth_error},
#include "assay/error_codes.inc"
};

inline constexpr ErrorFacts kErrorFacts[] = {
    {"accepted", VerdictClass::kAccepted, "the token may pass", "docs/architecture.md"},
#define ASSAY_ERROR_CODE(enumerator, name, class_enumerator, text, source) \
  {name, VerdictClass::class_enumerator, text, source},
#include "assay/error_codes.inc"
};
static_assert(sizeof(kErrorFacts) / sizeof(kErrorFacts[0]) == kErrorCodeCount);

}  // namespace detail

constexpr ErrorFacts facts_of(ErrorCode code) noexcept { return detail::kErrorFacts[static_cast<std::size_t>(code)]; }

constexpr VerdictClassFacts facts_of(VerdictClass verdict_class) noexcept {
  return detail::kVerdictClassFacts[static_cast<std::size_t>(verdict_class)];
}

constexpr std::string_view verdict_word(ErrorCode code) noexcept {
  switch (facts_of(code).verdict_class) {
    case VerdictClass::kAccepted: return "accept";
    case VerdictClass::kNoCredentials:
    case VerdictClass::kBadRequest:
    case VerdictClass::kInvalidToken:
    case VerdictClass::kLacksRights: return "refuse";
    case VerdictClass::kCannotDecide:
    case VerdictClass::kPending:
    case VerdictClass::kSetup: break;
  }
  return "undecided";
}

constexpr ErrorCode find_error_code(std::string_view name) noexcept {
  for (std::size_t i = 1; i < kErrorCodeCount; ++i) {
    if (detail::kErrorFacts[i].name == name) return static_cast<ErrorCode>(i);
  }
  return ErrorCode::kNone;
}

}  // namespace assay
