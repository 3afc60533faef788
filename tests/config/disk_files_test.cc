#include "config/disk_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::config {
namespace {

// A folder that is gone with the test.
class DiskFilesTest : public testing::Test {
 protected:
  DiskFilesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-disk-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name + "/";
  }
  ~DiskFilesTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ + name, std::ios::binary) << content;
  }

  std::string folder_;
  DiskFiles files_;
};

TEST_F(DiskFilesTest, ReadsWholeFilesUpToTheirBound) {
  const std::string long_text(200'000, 'x');
  write("a", long_text);
  write("empty", "");
  EXPECT_EQ(files_.read_file(folder_ + "a", 200'000), long_text);
  EXPECT_EQ(files_.read_file(folder_ + "a", 199'999).error(), "too long");
  EXPECT_EQ(files_.read_file(folder_ + "empty", 0), "");
}

TEST_F(DiskFilesTest, SaysWhyAFileIsNotRead) {
  EXPECT_EQ(files_.read_file(folder_ + "absent", 10).error(), "No such file or directory");
  EXPECT_EQ(files_.read_file(folder_, 10).error(), "is a folder");
}

TEST_F(DiskFilesTest, NeitherWaitsForAPipeNorReadsADevice) {
  ASSERT_EQ(mkfifo((folder_ + "pipe").c_str(), 0600), 0);
  EXPECT_EQ(files_.read_file(folder_ + "pipe", 10).error(), "is no regular file");
  EXPECT_EQ(files_.read_file("/dev/zero", 10).error(), "is no regular file");
  EXPECT_EQ(read_file_or_pipe("/dev/zero", 10).error(), "too long");
  EXPECT_EQ(read_file_or_pipe("/dev/null", 10), "");
  EXPECT_EQ(read_file_or_pipe(folder_, 10).error(), "is a folder");
}

TEST_F(DiskFilesTest, ReadsTheKeyFilesOfAFolderInTheOrderOfTheirNames) {
  for (const char* name : {"b.pem", "a.crt", ".hidden.pem", "c.pem.tmp", "d.pem~", "notes.txt", "key.PEM"}) {
    write(name, name);
  }
  std::filesystem::create_symlink(folder_ + "b.pem", folder_ + "link.pem");
  const auto files = files_.read_folder(folder_, 100);
  ASSERT_TRUE(files.has_value()) << files.error();
  std::vector<std::string> names;
  for (const FolderFile& file : *files) names.push_back(file.name + "=" + file.content);
  EXPECT_THAT(names, testing::ElementsAre("a.crt=a.crt", "b.pem=b.pem", "link.pem=b.pem"));
}

TEST_F(DiskFilesTest, ReadsNoFolderInParts) {
  write("a.pem", "12345");
  std::filesystem::create_directory(folder_ + "b.pem");
  EXPECT_EQ(files_.read_folder(folder_, 100).error(), "b.pem: is a folder");
  std::filesystem::remove(folder_ + "b.pem");
  write("b.pem", "12345");
  EXPECT_EQ(files_.read_folder(folder_, 9).error(), "b.pem: too long");
  EXPECT_TRUE(files_.read_folder(folder_, 10).has_value());
  EXPECT_EQ(files_.read_folder(folder_ + "absent/", 10).error(), "No such file or directory");
}

TEST_F(DiskFilesTest, LeavesOutAFileThatWentAway) {
  write("a.pem", "a");
  std::filesystem::create_symlink(folder_ + "absent", folder_ + "b.pem");
  const auto files = files_.read_folder(folder_, 100);
  ASSERT_TRUE(files.has_value());
  EXPECT_EQ(files->size(), 1U);
}

TEST_F(DiskFilesTest, ReadsVariables) {
  ASSERT_EQ(setenv("ASSAY_DISK_FILES_TEST", "v", 1), 0);  // NOLINT(concurrency-mt-unsafe): one thread
  EXPECT_EQ(files_.read_variable("ASSAY_DISK_FILES_TEST"), "v");
  EXPECT_EQ(files_.read_variable("ASSAY_DISK_FILES_TEST_ABSENT"), std::nullopt);
}

}  // namespace
}  // namespace assay::config
