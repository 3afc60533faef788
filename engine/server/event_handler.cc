#include "server/event_handler.h"

#include <array>
#include <string_view>
#include <utility>

#include "server/challenge.h"
#include "server/json_text.h"
#include "server/media_type.h"

namespace assay::server {
namespace {

constexpr std::string_view kEventsPath = "/events";
constexpr std::string_view kEventMediaType = "application/secevent+jwt";  // RFC 8417 sec 7.1

void answer_empty(int status, ExchangeId id, Responder& responder) {
  constexpr std::array<HttpField, 2> kFields{
      {{.name = "Cache-Control", .value = "no-store"}, {.name = "Allow", .value = "POST"}}};
  const std::size_t count = status == 405 ? 2 : 1;
  responder.answer(id, {.status = status, .fields = std::span(kFields).first(count)});
}

// RFC 8935 sec 2.3.
void answer_fault(std::string_view error, const std::string& description, ExchangeId id, Responder& responder) {
  constexpr std::array<HttpField, 4> kFields{{{.name = "Content-Type", .value = "application/json"},
                                              {.name = "Content-Language", .value = "en"},
                                              {.name = "Cache-Control", .value = "no-store"},
                                              {.name = "Retry-After", .value = RefusalWriter::kRetryAfterSeconds}}};
  std::string body = "{";
  if (!error.empty()) {
    body += "\"err\":";
    append_json_string(body, error);
    body += ',';
  }
  body += "\"description\":";
  append_json_string(body, description);
  body += '}';
  const bool is_final = !error.empty();
  responder.answer(
      id, {.status = is_final ? 400 : 503, .fields = std::span(kFields).first(is_final ? 3 : 4), .body = body});
}

void answer(const EventResult& result, ExchangeId id, Responder& responder) {
  if (is_acknowledged(result.outcome)) return answer_empty(202, id, responder);
  const EventOutcomeFacts facts = facts_of(result.outcome);
  std::string description(facts.text);
  if (!result.detail.empty()) description += ": " + result.detail;
  answer_fault(facts.error, description, id, responder);
}

}  // namespace

EventHandler::EventHandler(Control& control, std::vector<std::uint32_t> entrances)
    : control_(control), entrances_(std::move(entrances)), inbox_(std::make_shared<base::WakeInbox<Settled>>()) {}

void EventHandler::on_requests(std::span<const Exchange> exchanges, Responder& responder, Now now) {
  for (const Exchange& exchange : exchanges) receive(exchange, responder, now);
}

void EventHandler::on_wake(Responder& responder, Now /*now*/) {
  for (const Settled& settled : inbox_->take_all()) answer(settled.result, settled.id, responder);
}

void EventHandler::receive(const Exchange& exchange, Responder& responder, Now now) {
  const HttpRequest& request = *exchange.request;
  if (request.target != kEventsPath) return answer_empty(404, exchange.id, responder);
  if (request.method != "POST") return answer_empty(405, exchange.id, responder);
  if (!has_media_type(request, kEventMediaType)) {
    return answer_fault("invalid_request", "Content-Type must be " + std::string(kEventMediaType), exchange.id,
                        responder);
  }
  control_.receive_event(
      entrances_[request.listener], request.body, now,
      [inbox = inbox_, id = exchange.id](const EventResult& result) { inbox->put({.id = id, .result = result}); });
}

}  // namespace assay::server
