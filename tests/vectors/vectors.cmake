# Public test vectors through the programs. The corpora lie outside the tree (ASSAY_VECTORS_DIR); without them a test is
# reported as skipped. The RFC examples are part of the tree.
find_program(ASSAY_PYTHON python3 REQUIRED)

foreach(corpus wycheproof json_test_suite cookbook rfc_examples)
  add_test(NAME vectors_${corpus} COMMAND ${ASSAY_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/${corpus}_test.py)
  set_tests_properties(vectors_${corpus} PROPERTIES
    LABELS vectors TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "ASSAY_BIN_DIR=${CMAKE_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1")
endforeach()
