foreach(name arena check clock constant_time counters cpu descriptor free_with hex http_field letter_case mutex
        page_block same_text snapshot utf8 wake_inbox)
  assay_add_test(${name}_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cc LIBS assay_base)
endforeach()
assay_add_test(keyed_hash_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/keyed_hash_test.cc LIBS assay_base OpenSSL::Crypto)
