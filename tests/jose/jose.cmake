assay_add_test(jose_alg_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/alg_test.cc LIBS assay_jose)
assay_add_test(jose_compact_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/compact_test.cc LIBS assay_jose)
assay_add_test(jose_digits_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/digits_test.cc LIBS assay_jose)
assay_add_test(jose_json_grammar_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/json_grammar_test.cc LIBS assay_jose)
assay_add_test(jose_name_table_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/name_table_test.cc LIBS assay_jose)
assay_add_test(jose_json_test LIBS assay_jose
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/json_test.cc ${CMAKE_CURRENT_LIST_DIR}/json_plain_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/json_walk_test.cc)
assay_add_test(jose_numeric_date_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/numeric_date_test.cc LIBS assay_jose)
assay_add_test(jose_header_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/header_test.cc LIBS assay_jose)
assay_add_test(jose_claims_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/claims_test.cc LIBS assay_jose)
assay_add_test(jose_allocation_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/allocation_test.cc
  LIBS assay_jose assay_counted_heap)

# simdjson finds the structure of a text by another variant on every kind of processor: all must read alike. The one
# without SIMD runs everywhere.
add_test(NAME jose_json_test_fallback COMMAND jose_json_test --gtest_brief=1)
set_tests_properties(jose_json_test_fallback PROPERTIES
  TIMEOUT 120 LABELS "jose;engine" ENVIRONMENT SIMDJSON_FORCE_IMPLEMENTATION=fallback)

include(${CMAKE_CURRENT_LIST_DIR}/keys_text.cmake OPTIONAL)
