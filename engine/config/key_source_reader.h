// Where an issuer's verification keys come from: discovery, jwks, public_key, secret_file.
#pragma once

#include "config/named_file.h"

namespace assay::config {

// Whether one of the four keys is there, faulty or not: the issuer then has signed tokens.
[[nodiscard]] bool has_key_source(const TableReader& reader);

// Fills `issuer.keys` and `sources.keys_file`, and `issuer.refresh.interval` where a file is to be watched.
// `issuer.issuer` and `issuer.allow_plain_http` must have been read.
void read_key_source(TableReader& reader, const ReadContext& context, IssuerPolicy& issuer, IssuerSources& sources);

// A URL that requests go to; nothing, with a complaint, where it is not acceptable or absent.
[[nodiscard]] std::string read_url(TableReader& reader, std::string_view key, const IssuerPolicy& issuer);

}  // namespace assay::config
