find_package(OpenSSL 3.0 REQUIRED)

# Lengths are those of engine/include/assay/limits.h: kTokenBytesMax for what a token is or holds, kHeaderBytesMax for a
# decoded header.
assay_add_fuzzer(base64url MAX_LEN 16384 LIBS assay_kernel OpenSSL::Crypto)
assay_add_fuzzer(compact MAX_LEN 16384 LIBS assay_jose)
assay_add_fuzzer(header MAX_LEN 4096 LIBS assay_jose)
assay_add_fuzzer(claims MAX_LEN 16384 LIBS assay_jose)
assay_add_fuzzer(numeric_date MAX_LEN 16384 LIBS assay_jose)
if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/jwks_fuzz.cc)
  # A key set may have kJwksBytesMax; what is broken in one shows in a small one.
  assay_add_fuzzer(jwks MAX_LEN 16384 LIBS assay_keys OpenSSL::Crypto)
endif()
