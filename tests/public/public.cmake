# L0 is headers alone: its tests link nothing of the engine.
assay_add_test(public_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/error_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/expected_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/limits_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/security_event_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/token_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/verdict_test.cc
  LIBS assay_public)
target_compile_definitions(public_test PRIVATE ASSAY_ERRORS_DOCUMENT="${PROJECT_SOURCE_DIR}/docs/errors.md")

find_program(ASSAY_PYTHON python3 REQUIRED)
add_test(NAME errors_document_is_fresh
         COMMAND ${ASSAY_PYTHON} ${PROJECT_SOURCE_DIR}/tools/generate_error_docs.py --check)
set_tests_properties(errors_document_is_fresh PROPERTIES LABELS tidy)

# Every header under engine/ compiles alone: one generated source each. Not part of `all`: tools/check.sh builds it.
# .inl.h files are kernel bodies that belong to one instruction set and are compiled by its sources.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/engine ${PROJECT_SOURCE_DIR}/engine/*.h)
list(FILTER headers EXCLUDE REGEX "\\.inl\\.h$")
set(selfcheck_sources "")
foreach(header IN LISTS headers)
  string(REGEX REPLACE "^include/" "" spelled ${header})
  string(MAKE_C_IDENTIFIER ${spelled} identifier)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/header_selfcheck/${identifier}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${spelled}\"  // IWYU pragma: keep\n#include \"${spelled}\"\n")
  list(APPEND selfcheck_sources ${source})
endforeach()
add_library(assay_header_selfcheck OBJECT EXCLUDE_FROM_ALL ${selfcheck_sources})
target_include_directories(assay_header_selfcheck PRIVATE ${PROJECT_SOURCE_DIR}/engine)
target_compile_options(assay_header_selfcheck PRIVATE -O0 -g0)
target_link_libraries(assay_header_selfcheck PRIVATE assay_flags assay_engine)
