# Each program runs for about a second; a run under the thread sanitizer is what it is for (preset tsan).
assay_add_test(snapshot_stress_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/snapshot_stress_test.cc LIBS assay_base)
assay_add_test(key_cache_stress_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/key_cache_stress_test.cc LIBS assay_keys)
assay_add_test(introspection_cache_stress_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/introspection_cache_stress_test.cc LIBS assay_state)
assay_add_test(revocation_table_stress_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/revocation_table_stress_test.cc LIBS assay_state)

assay_add_test(engine_stress_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/engine_stress_test.cc
  LIBS assay_engine assay_signing)
