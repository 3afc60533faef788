// Deleters for handles of C libraries.
#pragma once

namespace assay::base {

// std::unique_ptr<Handle, FreeWith<handle_free>> calls handle_free, whatever it returns.
template <auto free_function>
struct FreeWith {
  template <typename T>
  void operator()(T* handle) const noexcept {
    free_function(handle);
  }
};

}  // namespace assay::base
