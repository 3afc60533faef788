# llhttp, the oracle of the strict reader, for tests and fuzzers alone. Debian ships its sources with node-llhttp;
# elsewhere it has a CMake package. Sets assay_llhttp to the target.
find_package(llhttp CONFIG QUIET)
if(TARGET llhttp::llhttp)
  set(assay_llhttp llhttp::llhttp)
else()
  set(assay_llhttp assay_llhttp)
  if(NOT TARGET assay_llhttp)
    add_library(assay_llhttp STATIC /usr/share/llhttp/api.c /usr/share/llhttp/http.c /usr/share/llhttp/llhttp.c)
    target_include_directories(assay_llhttp SYSTEM PUBLIC /usr/share/include/llhttp)
  endif()
endif()
