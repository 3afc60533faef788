# The checkers run over the tree, and over trees with a planted fault each.
find_program(ASSAY_PYTHON python3 REQUIRED)

foreach(checker check_layers check_tidy check_docs)
  add_test(NAME ${checker}_finds_planted_faults COMMAND ${ASSAY_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/${checker}_test.py)
endforeach()
foreach(checker check_layers check_docs)
  add_test(NAME ${checker} COMMAND ${ASSAY_PYTHON} ${PROJECT_SOURCE_DIR}/tools/${checker}.py)
endforeach()
# A portable build leaves the files of other instruction sets out, so it cannot say what is never built.
set(ASSAY_TIDY_ARGUMENTS "")
if(NOT ASSAY_PORTABLE)
  set(ASSAY_TIDY_ARGUMENTS --compile-commands ${CMAKE_BINARY_DIR}/compile_commands.json)
endif()
add_test(NAME check_tidy COMMAND ${ASSAY_PYTHON} ${PROJECT_SOURCE_DIR}/tools/check_tidy.py ${ASSAY_TIDY_ARGUMENTS})
set_tests_properties(
  check_layers_finds_planted_faults check_tidy_finds_planted_faults check_docs_finds_planted_faults
  check_layers check_tidy check_docs
  PROPERTIES LABELS tidy TIMEOUT 120 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)

# Objects of sanitized and covered builds share symbols that the compiler adds.
if(ASSAY_ISA_KERNELS AND NOT ASSAY_SANITIZE AND NOT ASSAY_BUILD_FUZZERS AND NOT CMAKE_CXX_FLAGS MATCHES "profile")
  add_test(NAME check_isa_leak_finds_planted_faults
           COMMAND ${ASSAY_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/check_isa_leak_test.py)
  add_test(NAME check_isa_leak
           COMMAND ${ASSAY_PYTHON} ${PROJECT_SOURCE_DIR}/tools/check_isa_leak.py ${CMAKE_BINARY_DIR})
  set_tests_properties(check_isa_leak_finds_planted_faults check_isa_leak PROPERTIES
    LABELS tidy TIMEOUT 120 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;ASSAY_CXX=${CMAKE_CXX_COMPILER}")
endif()
