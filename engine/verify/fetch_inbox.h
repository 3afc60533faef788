// Where finished fetches wait for the control machine.
#pragma once

#include <cstdint>

#include "assay/fetcher.h"
#include "base/wake_inbox.h"

namespace assay::verify {

struct FinishedFetch {
  std::uint64_t fetch_id = 0;
  FetchResult result;
};

// Writers: the fetcher's threads. Reader: the control machine. Shared with every FetchDone.
using FetchInbox = base::WakeInbox<FinishedFetch>;

}  // namespace assay::verify
