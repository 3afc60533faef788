// One [[issuer]] for many tenants: a template that is written out once for each of them.
#pragma once

#include <vector>

#include "config/table_reader.h"

namespace assay::config {

// Whether an [[issuer]] has the key `tenants`, or "{tenant}" in its issuer.
[[nodiscard]] bool has_tenants(const TomlValue& issuer);

// The tables that an [[issuer]] with tenants stands for, one for each. Such a table has the name "NAME.TENANT", no
// `tenants`, and the tenant in place of "{tenant}" in issuer, discovery, jwks and public_key. Complains where that
// cannot be; then there are fewer tables.
//
// The tenants are those of the list and no other: a token's `iss` is compared with each as a whole.
[[nodiscard]] std::vector<TomlValue> write_out_tenants(const TomlValue& issuer, Faults& faults);

}  // namespace assay::config
