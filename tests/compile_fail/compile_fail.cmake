# What must not compile. Each snippet is compiled once as it is and must fail with the message it expects, so that it
# does not fail for another reason; with ASSAY_CONTROL defined the same snippet is made right and must compile.
#
# assay_must_not_compile(NAME MESSAGE [CLANG_ONLY]): NAME.cc here; MESSAGE is a regular expression for both compilers.
function(assay_must_not_compile name message)
  cmake_parse_arguments(ARG "CLANG_ONLY" "" "" ${ARGN})
  if(ARG_CLANG_ONLY AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    return()
  endif()
  set(command ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -Wall -Wextra -Werror
              -I${PROJECT_SOURCE_DIR}/engine/include -I${PROJECT_SOURCE_DIR}/engine)
  set(snippet ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${name}.cc)
  add_test(NAME compile_fail_${name} COMMAND ${command} ${snippet})
  # PASS_REGULAR_EXPRESSION looks at the output alone; a control that compiles shows that the rest of it is right.
  set_tests_properties(compile_fail_${name} PROPERTIES
    PASS_REGULAR_EXPRESSION "${message}" LABELS "compile_fail;engine" TIMEOUT 120)
  add_test(NAME compile_fail_${name}_control COMMAND ${command} -DASSAY_CONTROL ${snippet})
  set_tests_properties(compile_fail_${name}_control PROPERTIES LABELS "compile_fail;engine" TIMEOUT 120)
endfunction()

assay_must_not_compile(verified_token_made "error:.*(VerifiedToken.*private|private constructor)")
assay_must_not_compile(verified_token_from_parts "error: (no matching|could not convert|cannot convert)")
assay_must_not_compile(verdict_made_accepting "error:.*(private|error_)")
assay_must_not_compile(expected_ignored "error: ignoring return(ed)? value")
assay_must_not_compile(error_ignored "error: ignoring return(ed)? value")
assay_must_not_compile(verdict_ignored "error: ignoring return(ed)? value")
assay_must_not_compile(control_result_ignored "error: ignoring return value" CLANG_ONLY)
assay_must_not_compile(view_of_temporary "error:.*temporary.*destroyed" CLANG_ONLY)
