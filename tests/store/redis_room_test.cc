#include "store/redis_room.h"

#include <string>

#include <gtest/gtest.h>

namespace assay::store {
namespace {

// As Redis says it, in lines of which some begin alike.
std::string info(const std::string& used, const std::string& most) {
  return "# Memory\r\nused_memory_human:1M\r\nused_memory:" + used + "\r\nused_memory_rss:7\r\nmaxmemory:" + most +
         "\r\nmaxmemory_human:4M\r\nmaxmemory_policy:noeviction\r\n";
}

// For whom there is room.
std::string room_of(const RedisRoom& room) {
  if (room.is_for_inactive()) return room.is_for_active() ? "any" : "wrong";
  return room.is_for_active() ? "active" : "none";
}
std::string room_of(const std::string& text) { return room_of(RedisRoom(text)); }

TEST(RedisRoom, InactiveAnswersNeedAQuarterAndActiveOnesAnEighth) {
  EXPECT_EQ(room_of(info("0", "800")), "any");
  EXPECT_EQ(room_of(info("600", "800")), "any");
  EXPECT_EQ(room_of(info("601", "800")), "active");
  EXPECT_EQ(room_of(info("700", "800")), "active");
  EXPECT_EQ(room_of(info("701", "800")), "none");
  EXPECT_EQ(room_of(info("900", "800")), "none") << "over the brim";
}

TEST(RedisRoom, WhatIsSentMeanwhileTakesSomeOfIt) {
  RedisRoom room(info("0", "80000"));
  for (int i = 0; i < 60; ++i) room.note_answer(700);  // and 300 each that Redis adds
  EXPECT_EQ(room_of(room), "any");
  room.note_answer(1);
  EXPECT_EQ(room_of(room), "active");
  room.note_answer(20000);
  EXPECT_EQ(room_of(room), "none");
  RedisRoom endless(info("0", "0"));
  endless.note_answer(20000);
  EXPECT_EQ(room_of(endless), "any");
}

TEST(RedisRoom, OfARedisWithoutABoundIsEndless) {
  EXPECT_EQ(room_of(info("18446744073709551615", "0")), "any");
  EXPECT_EQ(room_of(RedisRoom()), "any") << "until it is asked";
}

TEST(RedisRoom, OfARedisThatDoesNotSayIsNotForWhatCanBeInvented) {
  EXPECT_EQ(room_of(""), "active");
  EXPECT_EQ(room_of("used_memory:1\r\n"), "active");
  EXPECT_EQ(room_of("maxmemory:0\r\n"), "active");
  EXPECT_EQ(room_of(info("1", "18446744073709551616")), "active");
  EXPECT_EQ(room_of(info("-1", "0")), "active");
  EXPECT_EQ(room_of(info("1x", "0")), "active");
  EXPECT_EQ(room_of("used_memory"), "active");
}

}  // namespace
}  // namespace assay::store
