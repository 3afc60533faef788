assay_add_test(introspection_cache_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/introspection_cache_test.cc LIBS assay_state)
assay_add_test(token_id_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/token_id_test.cc LIBS assay_state OpenSSL::Crypto)
assay_add_test(revocation_shard_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/revocation_shard_test.cc LIBS assay_state)
assay_add_test(revocation_table_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/revocation_table_test.cc LIBS assay_state)
