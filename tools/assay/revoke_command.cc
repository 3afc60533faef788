// assay revoke: tells a running sidecar to revoke, or to lift what was revoked.
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "assay/admin_client.h"
#include "assay/commands.h"
#include "assay/control.h"
#include "assay/json.h"
#include "assay/limits.h"
#include "assay/terminal.h"
#include "assay/text_file.h"
#include "config/named_file.h"
#include "server/admin_page.h"
#include "signing/json_text.h"

namespace assay::cli {
namespace {

struct RevokeOptions {
  std::string admin;
  std::string secret_file;
  bool lift = false;
  std::string token_file;
  std::string jti;
  std::string subject;
  std::string client;
  std::string session;
  std::string kid;
  std::string issued_before;
  std::string issuer;
};

// The options that name a value, and the kind that each stands for.
struct ValueOption {
  const char* name;
  std::string RevokeOptions::*text;
  RevocationKind kind;
  const char* help;
};
constexpr std::array<ValueOption, 5> kValueOptions{
    {{"--jti", &RevokeOptions::jti, RevocationKind::kJti, "The JWT with this jti"},
     {"--subject", &RevokeOptions::subject, RevocationKind::kSubject,
      "Every token of this subject; with --issued-before the older ones"},
     {"--client", &RevokeOptions::client, RevocationKind::kClient, "Every token of this client"},
     {"--session", &RevokeOptions::session, RevocationKind::kSession, "Every token of this session (sid)"},
     {"--kid", &RevokeOptions::kid, RevocationKind::kSigningKey, "Every token signed with this key"}}};

// What is to be revoked, as far as the options say it.
struct Target {
  RevocationKind kind = RevocationKind::kToken;
  std::string value;
};

// The options that were given, which must name one thing.
std::optional<Target> read_target(const CLI::App& command, const RevokeOptions& options) {
  std::optional<Target> target;
  int named_count = 0;
  for (const ValueOption& option : kValueOptions) {
    if (command.count(option.name) == 0) continue;
    ++named_count;
    target = Target{.kind = option.kind, .value = options.*option.text};
  }
  if (command.count("--token-file") > 0) ++named_count;
  const bool is_older = command.count("--issued-before") > 0;
  if (is_older && named_count == 0) return Target{.kind = RevocationKind::kIssuerIssuedBefore, .value = {}};
  if (named_count != 1) {
    complain("one of --token-file, --jti, --subject, --client, --session, --kid and --issued-before says what");
    return std::nullopt;
  }
  if (is_older) {
    if (!target || target->kind != RevocationKind::kSubject) {
      complain("--issued-before goes with --subject or alone: everything else is revoked whole");
      return std::nullopt;
    }
    target->kind = RevocationKind::kSubjectIssuedBefore;
  }
  if (target) return target;
  tl::expected<std::string, std::string> token =
      read_file(options.token_file == "-" ? "/dev/stdin" : options.token_file, kTokenBytesMax + 2);
  if (!token) {
    complain(token.error());
    return std::nullopt;
  }
  return Target{.kind = RevocationKind::kToken, .value = config::without_line_end(std::move(*token))};
}

// Digits, with digits after a point or without.
bool is_decimal(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t point = text.find('.');
  const std::string_view fraction = point == std::string_view::npos ? "0" : text.substr(point + 1);
  const std::string_view whole = text.substr(0, point);
  return !whole.empty() && !fraction.empty() && whole.find_first_not_of(kDigits) == std::string_view::npos &&
         fraction.find_first_not_of(kDigits) == std::string_view::npos;
}

// Nothing, after a complaint, where the time is none.
std::optional<std::string> body_of(const Target& target, const RevokeOptions& options) {
  if (target.value.empty() && target.kind != RevocationKind::kIssuerIssuedBefore) {
    complain("what is to be revoked is empty");
    return std::nullopt;
  }
  signing::JsonObject body;
  body.add("kind", name_of(target.kind));
  if (!options.issuer.empty()) body.add("issuer", options.issuer);
  if (!target.value.empty()) body.add("value", target.value);
  if (has_issued_before(target.kind)) {
    const std::string& time = options.issued_before;
    if (!is_decimal(time) || !read_numeric_date(time)) {
      complain("--issued-before: takes seconds since 1970, fractions allowed");
      return std::nullopt;
    }
    body.add_json("issued_before", time);
  }
  return body.text();
}

std::optional<std::string> read_secret(const std::string& path) {
  constexpr std::size_t kSecretBytesMax = 1024;
  tl::expected<std::string, std::string> text = read_file(path, kSecretBytesMax + 2);
  if (!text) {
    complain(text.error());
    return std::nullopt;
  }
  std::string secret = config::without_line_end(std::move(*text));
  const bool is_sendable = !secret.empty() && secret.find_first_of("\r\n") == std::string::npos;
  if (is_sendable) return secret;
  complain(path + ": holds no secret on one line");
  return std::nullopt;
}

// The text of a member; empty where there is none.
std::string member_of(std::string_view body, std::string_view name) {
  constexpr std::size_t kBodyBytesMax = std::size_t{1024} * 1024;
  JsonObjectReader reader(kBodyBytesMax);
  const Expected<std::span<const Claim>> members = reader.read(body);
  if (!members) return {};
  for (const Claim& member : *members) {
    if (member.name == name) return std::string(member.text);
  }
  return {};
}

bool is_done(int status) { return status == 200 || status == 202; }

// Whether the answer is one that an admin listener of a sidecar gives: a port next to it is easily named. What was
// recorded is believed without the mark, which a proxy may drop.
bool is_of_admin_listener(const AdminAnswer& answer) {
  if (is_done(answer.status)) return !member_of(answer.body, "recorded").empty();
  return answer.listener == server::kAdminMark.value;
}

ExitStatus report(const AdminAnswer& answer, const RevokeOptions& options) {
  if (!is_of_admin_listener(answer)) {
    complain("--admin: " + options.admin + " is no admin listener of a sidecar (it answers " +
             std::to_string(answer.status) + "): take the address that `assay serve` prints behind \"admin\"");
    return ExitStatus::kUsage;
  }
  if (is_done(answer.status)) {
    const std::string recorded = member_of(answer.body, "recorded");
    std::printf("%s %s%s\n", options.lift ? "lifted" : "revoked", printable(recorded).c_str(),
                answer.status == 202 ? ", not in the fleet yet" : "");
    if (recorded == "0") complain("nothing was recorded: the sidecar accepts no such token");
    return ExitStatus::kAccepted;
  }
  const std::string sent = member_of(answer.body, "error_description");
  const std::string description = printable(sent.empty() ? member_of(answer.body, "detail") : sent);
  std::string sentence = "the sidecar answers " + std::to_string(answer.status);
  if (answer.status == 401) sentence += ": the secret of " + options.secret_file + " is not its admin secret";
  if (!description.empty()) sentence += ": " + description;
  if (answer.status == 507) sentence += "; what was named is refused until that process ends, and not after";
  complain(sentence);
  return answer.status >= 500 ? ExitStatus::kUndecided : ExitStatus::kRefused;
}

ExitStatus run_revoke(const CLI::App& command, const RevokeOptions& options) {
  const tl::expected<AdminPlace, std::string> place = read_admin_place(options.admin);
  if (!place) {
    complain(place.error());
    return ExitStatus::kUsage;
  }
  const std::optional<Target> target = read_target(command, options);
  if (!target) return ExitStatus::kUsage;
  std::optional<std::string> body = body_of(*target, options);
  if (!body) return ExitStatus::kUsage;
  const std::optional<std::string> secret = read_secret(options.secret_file);
  if (!secret) return ExitStatus::kUsage;
  const tl::expected<AdminAnswer, std::string> answer =
      post_json(*place, options.lift ? "/revocations/lift" : "/revoke", *secret, std::move(*body));
  if (!answer) {
    complain("no answer of the sidecar: " + answer.error());
    return ExitStatus::kUndecided;
  }
  return report(*answer, options);
}

constexpr const char* kFooter = R"(
Tells a running sidecar, through its admin listener, that tokens are to be refused from now on, or with --lift that they
are no longer. What is revoked survives a restart and reaches every node of the fleet.

Exit status: 0 done, 1 the sidecar refuses, 2 usage error (another program answers, for one), 3 no answer, or it cannot
keep it.

Examples:
  assay revoke --admin http://127.0.0.1:8182 --secret-file admin.secret --subject alice --issuer credicorp
  assay revoke --admin unix:/run/assay/admin.sock --secret-file admin.secret --token-file token.txt
  assay revoke --admin http://127.0.0.1:8182 --secret-file admin.secret --issued-before 1764460800 --subject alice
)";

}  // namespace

void add_revoke_command(CLI::App& app, ExitStatus& status) {
  CLI::App* command = app.add_subcommand("revoke", "Has a running sidecar refuse tokens, or accept them again");
  const auto options = std::make_shared<RevokeOptions>();
  command->add_option("--admin", options->admin, "The admin listener: http://127.0.0.1:PORT or unix:/PATH")
      ->type_name("URL")
      ->required();
  command->add_option("--secret-file", options->secret_file, "Holds the admin secret")->type_name("FILE")->required();
  command->add_flag("--lift", options->lift, "End the revocation that was made with the same other options");
  command->add_option("--token-file", options->token_file, "The token in this file; - is standard input")
      ->type_name("FILE");
  for (const ValueOption& option : kValueOptions) {
    command->add_option(option.name, (*options).*option.text, option.help)->type_name("TEXT");
  }
  command
      ->add_option("--issued-before", options->issued_before,
                   "Tokens issued before this time (seconds since 1970), and those that do not say when")
      ->type_name("EPOCH");
  command->add_option("--issuer", options->issuer, "The issuer's name in the configuration, if there are several")
      ->type_name("NAME");
  command->footer(kFooter);
  command->callback([command, options, &status] { status = run_revoke(*command, *options); });
}

}  // namespace assay::cli
