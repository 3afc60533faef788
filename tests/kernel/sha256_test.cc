// Every SHA-256 kernel against published answers, and against OpenSSL for messages of all lengths in any company.
#include "kernel/sha256.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "kernel/kernel.h"

namespace assay::kernel {
namespace {

using Hash = std::array<std::uint8_t, kHashBytes>;

// One message in a heap block of exactly its size, so that AddressSanitizer sees one byte too many, and its job, which
// is full of other bytes before.
class Message {
 public:
  explicit Message(std::string_view text) : size_(text.size()), bytes_(std::make_unique<std::uint8_t[]>(text.size())) {
    std::copy(text.begin(), text.end(), bytes_.get());
    std::fill(std::begin(job.tail), std::end(job.tail), std::uint8_t{0xA5});
    std::fill(std::begin(job.hash), std::end(job.hash), std::uint8_t{0xA5});
    pad_sha256(bytes_.get(), size_, job);
  }
  [[nodiscard]] Hash hash() const {
    Hash hash;
    std::copy(std::begin(job.hash), std::end(job.hash), hash.begin());
    return hash;
  }
  [[nodiscard]] Hash expected() const {
    Hash hash;
    SHA256(bytes_.get(), size_, hash.data());
    return hash;
  }

  Sha256Job job{};

 private:
  std::size_t size_;
  std::unique_ptr<std::uint8_t[]> bytes_;
};

std::string hex(const Hash& hash) {
  std::string text;
  for (const std::uint8_t byte : hash) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string random_text(std::size_t size, std::mt19937_64& random) {
  std::string text(size, '\0');
  for (char& byte : text) byte = static_cast<char>(random());
  return text;
}

class Sha256Kernel : public testing::TestWithParam<Sha256Variant> {
 protected:
  void SetUp() override {
    if (!GetParam().supported(base::detect_cpu_features())) GTEST_SKIP() << "this processor lacks " << GetParam().name;
  }

  static void run(std::vector<Message>& messages) {
    std::vector<Sha256Job*> jobs;
    for (Message& message : messages) jobs.push_back(&message.job);
    GetParam().run(jobs.data(), jobs.size());
  }

  static std::vector<Hash> hashes_of(const std::vector<std::string>& texts) {
    std::vector<Message> messages(texts.begin(), texts.end());
    run(messages);
    std::vector<Hash> hashes;
    for (const Message& message : messages) hashes.push_back(message.hash());
    return hashes;
  }
};

std::vector<Sha256Variant> variants_that_compute() {
  std::vector<Sha256Variant> variants{{.name = "specification", .run = sha256_portable, .needs = {}}};
  for (const Sha256Variant& variant : sha256_variants()) {
    if (variant.run != nullptr) variants.push_back(variant);
  }
  return variants;
}

INSTANTIATE_TEST_SUITE_P(Variants, Sha256Kernel, testing::ValuesIn(variants_that_compute()),
                         [](const auto& variant) { return std::string(variant.param.name); });

// What NIST publishes: FIPS 180-4's examples, and rows of SHAVS' SHA256ShortMsg.rsp and SHA256LongMsg.rsp.
struct Published {
  std::string message;
  std::string_view hash;
};

std::string octets(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::vector<Published> published() {
  return {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {octets("d3"), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
      {octets("11af"), "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"},
      {octets("b4190e"), "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"},
      {octets("74ba2521"), "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
       "nopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
      {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
}

TEST_P(Sha256Kernel, GivesPublishedAnswers) {
  for (const Published& row : published()) EXPECT_EQ(hex(hashes_of({row.message}).front()), row.hash);
}

TEST_P(Sha256Kernel, GivesPublishedAnswersBesideEachOther) {
  std::vector<std::string> texts;
  for (int turn = 0; turn < 2; ++turn) {
    for (const Published& row : published()) texts.push_back(row.message);
  }
  const std::vector<Hash> hashes = hashes_of(texts);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    EXPECT_EQ(hex(hashes[i]), published()[i % published().size()].hash) << i;
  }
}

TEST_P(Sha256Kernel, HashesEveryLengthInEveryCompany) {
  std::mt19937_64 random(1);
  std::vector<std::string> texts;
  for (std::size_t size = 0; size <= 300; ++size) texts.push_back(random_text(size, random));
  for (std::size_t count : {1u, 2u, 3u, 9u, 10u, 15u, 16u, 17u, 26u, 33u}) {
    for (std::size_t at = 0; at + count <= texts.size(); at += count) {
      std::vector<Message> messages(texts.begin() + static_cast<std::ptrdiff_t>(at),
                                    texts.begin() + static_cast<std::ptrdiff_t>(at + count));
      run(messages);
      for (const Message& message : messages) ASSERT_EQ(message.hash(), message.expected()) << count << " at " << at;
    }
  }
}

TEST_P(Sha256Kernel, AgreesWithOpenSslOnBatchesOfMixedLengths) {
  std::mt19937_64 random(2);
  for (int turn = 0; turn < 300; ++turn) {
    std::vector<std::string> texts(random() % 65);
    for (std::string& text : texts) text = random_text(random() % (turn % 3 == 0 ? 3000 : 200), random);
    std::vector<Message> messages(texts.begin(), texts.end());
    run(messages);
    for (std::size_t i = 0; i < messages.size(); ++i) ASSERT_EQ(messages[i].hash(), messages[i].expected()) << i;
  }
}

TEST_P(Sha256Kernel, ACopyInAnotherLaneHasTheSameHashAndNoOtherHasIt) {
  std::mt19937_64 random(3);
  const std::string good = random_text(700, random);
  for (std::size_t lane = 0; lane < 16; ++lane) {
    std::vector<std::string> texts(16, good);
    texts[lane][lane * 40] ^= 1;
    const std::vector<Hash> hashes = hashes_of(texts);
    for (std::size_t other = 0; other < 16; ++other) {
      EXPECT_EQ(hashes[other] == hashes[(lane + 1) % 16], other != lane) << lane << ' ' << other;
    }
  }
}

TEST_P(Sha256Kernel, TakesNoJobs) { GetParam().run(nullptr, 0); }

TEST(PadSha256, MakesASecondBlockWhereTheLengthDoesNotFit) {
  const std::string text(130, 'x');
  Sha256Job job{};
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  pad_sha256(bytes, 55, job);
  EXPECT_EQ(job.tail_block_count, 1u);
  pad_sha256(bytes, 56, job);
  EXPECT_EQ(job.tail_block_count, 2u);
  pad_sha256(bytes, 64, job);
  EXPECT_EQ(job.whole_block_count, 1u);
  EXPECT_EQ(job.tail_block_count, 1u);
  pad_sha256(bytes, 127, job);
  EXPECT_EQ(job.whole_block_count, 1u);
  EXPECT_EQ(job.tail_block_count, 2u);
}

TEST(PadSha256, WritesSizesOfMoreThan32Bits) {
  Sha256Job job{};
  pad_sha256(nullptr, std::size_t{1} << 30, job);
  EXPECT_EQ(job.whole_block_count, std::size_t{1} << 24);
  EXPECT_EQ(job.tail[59], 0x02);  // 2^33 bits
  EXPECT_EQ(job.tail[0], 0x80);
}

}  // namespace
}  // namespace assay::kernel
