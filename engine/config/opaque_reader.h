// [issuer.opaque]: how an issuer is asked about opaque tokens, as whom, and how often.
#pragma once

#include "config/named_file.h"

namespace assay::config {

// Fills `issuer.opaque` and the files that it came from. Faults are complaints; what is not faulty is filled in.
void read_opaque(const TomlValue& table, const ReadContext& context, IssuerPolicy& issuer, IssuerSources& sources);

}  // namespace assay::config
