// The policy under which verify_fuzz and verify_deep_fuzz decide.
#pragma once

#include <string>
#include <string_view>

#include "assay/engine.h"

namespace assay::fuzz {

inline constexpr Now kNow{.wall_us = 1'710'221'000'000'000, .monotonic_ns = 1'000'000'000'000};

inline Policy make_policy(const std::string& jwks) {
  IssuerPolicy issuer;
  issuer.name = "main";
  issuer.issuer = "https://issuer.example";
  issuer.keys = {.kind = KeySource::Kind::kJwksText, .text = jwks};
  issuer.audiences = {"api"};
  issuer.algorithms = {Alg::kRS256, Alg::kPS256, Alg::kES256, Alg::kEdDSA};
  Policy policy;
  policy.issuers = {issuer};
  policy.routes = {{.path = "/orders",
                    .methods = {},
                    .issuers = {},
                    .scopes = {"orders:read"},
                    .any_scopes = {},
                    .required_claims = {"sub"}}};
  return policy;
}

}  // namespace assay::fuzz
