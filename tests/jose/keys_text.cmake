# Scopes and key documents. Included by jose.cmake.
assay_add_test(jose_scope_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/scope_test.cc
  LIBS assay_jose)
assay_add_test(jose_jwk_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/jwk_test.cc
  LIBS assay_jose assay_signing)
