// Expected<T>: a value or an Error. The alias is the one place to change when std::expected can replace it.
#pragma once

#include <tl/expected.hpp>

#include "assay/error.h"

namespace assay {

// Taking the value of a failed result is a bug of the caller and stops the program.
template <typename T>
using Expected = tl::expected<T, Error>;

using Unexpected = tl::unexpected<Error>;

// Makes the failed result of any Expected<T>.
[[nodiscard]] inline Unexpected fail(ErrorCode code, std::size_t offset = 0) noexcept {
  return Unexpected(Error{.code = code, .offset = static_cast<std::uint32_t>(offset)});
}

}  // namespace assay
