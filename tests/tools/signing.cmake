assay_add_test(signing_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/signing_test.cc
  LIBS assay_signing OpenSSL::Crypto)
