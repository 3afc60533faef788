assay_add_test(clock_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/clock_test.cc LIBS assay_base)
assay_add_test(keyed_hash_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/keyed_hash_test.cc LIBS assay_base OpenSSL::Crypto)
