// s^e mod n, as a variant of the RSA kernel has it.
#pragma once

#include <string>
#include <string_view>

#include "assay/expected.h"
#include "kernel/kernel.h"

namespace assay::probe {

// A kernel compares and gives no number away. So OpenSSL raises s to the e, and the kernel is asked whether it finds
// the same: for one signature and for eight, and again with each of a few bits changed, which it must deny.
//
//   n, s       big-endian; s is filled up with zeros to the size of n
//   e          big-endian: the kernels know 65537
//   returns    s^e mod n, as many bytes as n
//   errors     weak_key: the kernels have no place for n or e; bad_signature: s is not below n;
//              kernel_fault: the kernel and OpenSSL differ
[[nodiscard]] Expected<std::string> raise_in_lanes(const kernel::RsaVariant& variant, std::string_view n,
                                                   std::string_view e, std::string_view s);

}  // namespace assay::probe
