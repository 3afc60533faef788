// What the metrics page shows of introspection.
#pragma once

#include <functional>

#include "assay/control.h"
#include "verify/answer_supply.h"

namespace assay::verify {

// Visits the samples of calls, breakers, tokens of Assay's own, remembered and shared answers.
void visit_answer_metrics(const AnswerSupply& supply, const AnswerCache& cache,
                          const std::function<void(const Metric&)>& visit);

}  // namespace assay::verify
