// An owner of a file descriptor.
#pragma once

#include <unistd.h>

namespace assay::base {

class Descriptor {
 public:
  // Takes what open() gave, the -1 of a failure included.
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

}  // namespace assay::base
