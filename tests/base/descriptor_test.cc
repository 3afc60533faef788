#include "base/descriptor.h"

#include <cerrno>
#include <fcntl.h>

#include <gtest/gtest.h>

namespace assay::base {
namespace {

TEST(Descriptor, ClosesWhatItOwns) {
  int number = -1;
  {
    const Descriptor file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = file.number();
    EXPECT_NE(fcntl(number, F_GETFD), -1);
  }
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST(Descriptor, HoldsAFailureAsItCame) {
  const Descriptor none(-1);
  EXPECT_EQ(none.number(), -1);
}

}  // namespace
}  // namespace assay::base
