assay_add_test(verified_cache_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/verified_cache_test.cc LIBS assay_state)
assay_add_test(introspection_cache_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/introspection_cache_test.cc LIBS assay_state)
