// Where what was asked for waits for the control machine.
#pragma once

#include <cstdint>
#include <variant>

#include "assay/fetcher.h"
#include "assay/shared_answers.h"
#include "base/wake_inbox.h"

namespace assay::verify {

struct FinishedFetch {
  std::uint64_t fetch_id = 0;
  std::variant<FetchResult, SharedValue> result;  // of a fetcher, or of the place where answers are shared
};

// Writers: the threads of the fetcher and of that place. Reader: the control machine. Shared with every callback.
using FetchInbox = base::WakeInbox<FinishedFetch>;

}  // namespace assay::verify
