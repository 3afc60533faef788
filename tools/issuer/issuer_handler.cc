#include "issuer/issuer_handler.h"

#include <vector>

namespace assay::development {
namespace {

// The views of the result live as long as those of `request`.
Request to_request(const server::HttpRequest& request) {
  const std::size_t question = request.target.find('?');
  Request converted;
  converted.method = request.method;
  converted.path = request.target.substr(0, question);
  if (question != std::string_view::npos) converted.query = request.target.substr(question + 1);
  converted.body = request.body;
  for (const server::HttpField& field : request.fields) {
    converted.fields.push_back({.name = field.name, .value = field.value});
  }
  return converted;
}

}  // namespace

void IssuerHandler::on_requests(std::span<const server::Exchange> exchanges, server::Responder& responder, Now now) {
  Issuer* issuer = slot_.observe();
  for (const server::Exchange& exchange : exchanges) {
    const Answer answer = issuer == nullptr ? retry_later(503, 1) : issuer->answer(to_request(*exchange.request), now);
    std::vector<server::HttpField> fields;
    for (const AnswerField& field : answer.fields) fields.push_back({.name = field.name, .value = field.value});
    responder.answer(exchange.id, {.status = answer.status, .fields = fields, .body = answer.body});
  }
}

}  // namespace assay::development
