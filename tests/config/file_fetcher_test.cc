#include "config/file_fetcher.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/disk_files.h"

namespace assay::config {
namespace {

// Answers at once with the URL that it was asked for.
class EchoFetcher final : public Fetcher {
 public:
  void fetch(FetchRequest request, FetchDone done) override {
    FetchResult result;
    result.outcome = FetchOutcome::kAnswered;
    result.body = request.url;
    done(std::move(result));
  }
};

class FileFetcherTest : public testing::Test {
 protected:
  FileFetcherTest() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-fetch-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name + "/";
  }
  ~FileFetcherTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ + name, std::ios::binary) << content;
  }
  FetchResult get(const std::string& url, const std::string& etag = "") {
    FetchRequest request;
    request.url = url;
    request.response_bytes_max = 1000;
    if (!etag.empty()) request.headers.push_back({.name = "If-None-Match", .value = etag});
    return send(std::move(request));
  }
  FetchResult send(FetchRequest request) {
    auto promise = std::make_shared<std::promise<FetchResult>>();
    fetcher_.fetch(std::move(request), [promise](FetchResult result) { promise->set_value(std::move(result)); });
    return promise->get_future().get();
  }

  std::string folder_;
  DiskFiles files_;
  EchoFetcher next_;
  FileFetcher fetcher_{files_, next_};
};

std::string etag_of(const FetchResult& result) {
  return result.headers.size() == 1 && result.headers[0].name == "etag" ? result.headers[0].value : "";
}

TEST_F(FileFetcherTest, ReadsAFile) {
  write("keys.json", "{}");
  const FetchResult result = get("file://" + folder_ + "keys.json");
  EXPECT_EQ(result.outcome, FetchOutcome::kAnswered);
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.body, "{}");
}

TEST_F(FileFetcherTest, TellsWhetherTheTextIsAnother) {
  write("keys.json", "{}");
  const std::string url = "file://" + folder_ + "keys.json";
  const std::string etag = etag_of(get(url));
  EXPECT_THAT(etag, testing::MatchesRegex("\"[0-9a-f]+-[0-9a-f]+\""));
  const FetchResult same = get(url, etag);
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(etag_of(same), etag);

  write("next", "[]");
  std::filesystem::rename(folder_ + "next", folder_ + "keys.json");
  const FetchResult renamed = get(url, etag);
  EXPECT_EQ(renamed.status, 200);
  EXPECT_EQ(renamed.body, "[]");
  // Of the same size and, as file systems count, often of the same time.
  write("keys.json", "()");
  EXPECT_EQ(get(url, etag_of(renamed)).body, "()");
}

TEST_F(FileFetcherTest, ReadsAFolder) {
  const std::string pem = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n";
  write("a.pem", pem);
  const FetchResult one = get("file://" + folder_);
  EXPECT_EQ(one.body,
            "\x1e"
            "a\n" +
                pem);
  write("b.pem", pem);
  EXPECT_EQ(get("file://" + folder_, etag_of(one)).body,
            "\x1e"
            "a\n" +
                pem +
                "\x1e"
                "b\n" +
                pem);
}

TEST_F(FileFetcherTest, SaysWhichFileIsNotReadAndWhy) {
  const FetchResult absent = get("file://" + folder_ + "absent");
  EXPECT_EQ(absent.outcome, FetchOutcome::kUnreachable);
  EXPECT_EQ(absent.complaint, folder_ + "absent: No such file or directory");
  write("long", std::string(1001, 'x'));
  EXPECT_EQ(get("file://" + folder_ + "long").complaint, folder_ + "long: too long");
}

TEST_F(FileFetcherTest, RefusesWhatIsNoFile) {
  EXPECT_EQ(get("file://keys.json").outcome, FetchOutcome::kRefused);
  EXPECT_EQ(get("file://").outcome, FetchOutcome::kRefused);
  FetchRequest post;
  post.method = FetchRequest::Method::kPost;
  post.url = "file://" + folder_ + "keys.json";
  EXPECT_EQ(send(std::move(post)).outcome, FetchOutcome::kRefused);
}

TEST_F(FileFetcherTest, HandsEverythingElseOn) {
  for (const char* url : {"https://a/keys", "FILE:///etc/passwd", "file:/etc/passwd", ""}) {
    EXPECT_EQ(get(url).body, url);
  }
}

TEST(FileFetcher, EndsWhatWaitsWhenItGoes) {
  const DiskFiles files;
  EchoFetcher next;
  std::promise<void> reading;
  std::promise<void> go_on;
  std::vector<FetchOutcome> outcomes;
  std::thread opener;
  {
    FileFetcher fetcher(files, next);
    FetchRequest request;
    request.url = "file:///dev/null";
    fetcher.fetch(request, [&](const FetchResult&) {
      reading.set_value();
      go_on.get_future().wait();
    });
    reading.get_future().wait();
    for (int i = 0; i < 3; ++i) {
      fetcher.fetch(request, [&](const FetchResult& result) { outcomes.push_back(result.outcome); });
    }
    opener = std::thread([&go_on] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      go_on.set_value();
    });
  }
  opener.join();
  EXPECT_THAT(outcomes,
              testing::ElementsAre(FetchOutcome::kUnreachable, FetchOutcome::kUnreachable, FetchOutcome::kUnreachable));
}

}  // namespace
}  // namespace assay::config
