#include "server/connection.h"

#include <algorithm>
#include <cstring>

namespace assay::server {
namespace {

// The first storage of an intake: most requests fit, and a slow client cannot hold more with its first bytes.
constexpr std::size_t kFirstBytes = 4 * 1024;

}  // namespace

// Makes the room behind end_ at least `bytes` if bytes_max allows, else as large as it does. Storage must be movable.
void Intake::make_room(std::size_t bytes, std::size_t bytes_max) {
  if (storage_.size() - end_ >= bytes) return;
  if (begin_ > 0) {
    std::memmove(storage_.data(), storage_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (storage_.size() - end_ >= bytes || storage_.size() >= bytes_max) return;
  const std::size_t doubled = std::max({kFirstBytes, 2 * storage_.size(), end_ + bytes});
  storage_.resize(std::min(doubled, bytes_max));
}

bool Intake::take(std::string_view bytes, Storage storage, std::size_t bytes_max) {
  if (spill_.empty()) {
    if (storage == Storage::kMovable || storage_.empty()) make_room(bytes.size(), bytes_max);
    const std::size_t fits = std::min(bytes.size(), storage_.size() - end_);
    if (fits > 0) std::memcpy(storage_.data() + end_, bytes.data(), fits);
    end_ += fits;
    bytes.remove_prefix(fits);
  }
  spill_.append(bytes);
  return spill_.empty();
}

bool Intake::refill(Storage storage, std::size_t bytes_max) {
  if (spill_.empty()) return false;
  if (storage == Storage::kMovable) make_room(spill_.size(), bytes_max);
  const std::size_t fits = std::min(spill_.size(), storage_.size() - end_);
  if (fits == 0) return false;
  std::memcpy(storage_.data() + end_, spill_.data(), fits);
  end_ += fits;
  spill_.erase(0, fits);
  return true;
}

Http1Reader::State Intake::read(const Http1Limits& limits) {
  const Http1Reader::Progress progress = reader_.read({storage_.data() + begin_, end_ - begin_}, limits);
  if (progress.state == Http1Reader::State::kPartial) end_ = begin_ + progress.bytes;
  if (progress.state == Http1Reader::State::kComplete) message_bytes_ = progress.bytes;
  return progress.state;
}

AfterAnswer Intake::give_out(std::vector<HttpField>& fields, HttpRequest& request) {
  reader_.fill({storage_.data() + begin_, message_bytes_}, fields, request);
  const AfterAnswer after = reader_.after_answer();
  begin_ += message_bytes_;
  message_bytes_ = 0;
  reader_.begin();
  return after;
}

void Intake::reset() {
  begin_ = end_ = message_bytes_ = 0;
  if (storage_.size() > kSpareBytesMax) std::vector<char>().swap(storage_);
  if (spill_.capacity() > kSpareBytesMax) std::string().swap(spill_);
  spill_.clear();
  reader_.begin();
}

}  // namespace assay::server
