// The input buffer of a connection: views stay while requests are unanswered, and its memory is bounded.
#include "server/connection.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace assay::server {
namespace {

using State = Http1Reader::State;
using Storage = Intake::Storage;

constexpr std::size_t kBytesMax = 16 * 1024;
constexpr Http1Limits kLimits{.head_bytes_max = 8192, .fields_max = 32, .body_bytes_max = 1024, .keep_body = false};

std::string request_of(std::size_t index, std::size_t padding) {
  return "GET /" + std::to_string(index) + " HTTP/1.1\r\nHost: a\r\nX: " + std::string(padding, 'x') + "\r\n\r\n";
}

TEST(Intake, KeepsViewsWhileItsStorageIsFixed) {
  Intake intake;
  ASSERT_TRUE(intake.take(request_of(0, 1000), Storage::kMovable, kBytesMax));
  ASSERT_EQ(intake.read(kLimits), State::kComplete);
  std::vector<HttpField> fields;
  HttpRequest request;
  intake.give_out(fields, request);
  const char* const before = request.target.data();
  const std::size_t storage = intake.storage_bytes();
  EXPECT_FALSE(intake.take(std::string(10'000, 'G'), Storage::kFixed, kBytesMax));
  EXPECT_TRUE(intake.has_spill());
  EXPECT_EQ(intake.storage_bytes(), storage);
  EXPECT_EQ(request.target.data(), before);
  EXPECT_EQ(request.target, "/0");
}

TEST(Intake, ReadsWhatWasSpilledInOrder) {
  Intake intake;
  std::string stream;
  constexpr std::size_t kCount = 30;
  for (std::size_t i = 0; i < kCount; ++i) stream += request_of(i, 700);
  ASSERT_GT(stream.size(), kBytesMax);
  EXPECT_FALSE(intake.take(stream, Storage::kMovable, kBytesMax));
  std::vector<HttpField> fields;
  HttpRequest request;
  for (std::size_t i = 0; i < kCount; ++i) {
    intake.refill(Storage::kMovable, kBytesMax);
    ASSERT_EQ(intake.read(kLimits), State::kComplete) << i;
    intake.give_out(fields, request);
    EXPECT_EQ(request.target, "/" + std::to_string(i));
    EXPECT_LE(intake.storage_bytes(), kBytesMax);
  }
  EXPECT_FALSE(intake.has_unread());
}

TEST(Intake, StartsSmall) {
  Intake intake;
  ASSERT_TRUE(intake.take("G", Storage::kMovable, kBytesMax));
  EXPECT_LE(intake.storage_bytes(), 4096U);
}

TEST(Intake, ForgetsAndFreesOnReset) {
  Intake intake;
  ASSERT_TRUE(intake.take(std::string(40'000, 'G'), Storage::kMovable, 64 * 1024));
  EXPECT_TRUE(intake.has_unread());
  intake.reset();
  EXPECT_FALSE(intake.has_unread());
  EXPECT_FALSE(intake.in_message());
  EXPECT_LE(intake.storage_bytes(), kSpareBytesMax);
}

TEST(Intake, KnowsThatABodyIsAwaited) {
  Intake intake;
  ASSERT_TRUE(intake.take("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", Storage::kMovable, kBytesMax));
  EXPECT_EQ(intake.read(kLimits), State::kPartial);
  EXPECT_TRUE(intake.in_body());
  EXPECT_TRUE(intake.in_message());
}

TEST(SparePool, HandsOutWhatCameBack) {
  SparePool<Outbox> pool;
  std::unique_ptr<Outbox> first = pool.take();
  Outbox* const address = first.get();
  pool.give_back(std::move(first));
  EXPECT_EQ(pool.take().get(), address);
  EXPECT_NE(pool.take().get(), nullptr);
}

}  // namespace
}  // namespace assay::server
