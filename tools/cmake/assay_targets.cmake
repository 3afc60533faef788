# The functions that every CMakeLists.txt of the tree uses, so that flags are written once.

# Warnings, sanitizers and tuning that every target of the project gets.
add_library(assay_flags INTERFACE)
target_compile_options(assay_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-align -Wimplicit-fallthrough -Wswitch-enum -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Thread-safety annotations are checked by clang alone (docs/style.md).
  target_compile_options(assay_flags INTERFACE -Wthread-safety)
endif()
if(ASSAY_SANITIZE)
  target_compile_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE})
endif()
if(ASSAY_BUILD_FUZZERS)
  target_compile_options(assay_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# The engine (L0 to L5) is built without exceptions and RTTI: hostile tokens are normal traffic.
add_library(assay_engine_flags INTERFACE)
target_link_libraries(assay_engine_flags INTERFACE assay_flags)
target_compile_options(assay_engine_flags INTERFACE -fno-exceptions -fno-rtti)

# assay_add_test(NAME SOURCES... LIBS...): one GoogleTest program, one ctest entry per test case.
#   DISCOVER_TIMEOUT and the default test TIMEOUT are generous because sanitized runs share two cores.
function(assay_add_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE assay_flags ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/engine ${PROJECT_SOURCE_DIR})
  # One ctest entry for the program: two cores start few processes gladly and hundreds badly.
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# assay_add_fuzzer(NAME LIBS...): fuzz/NAME_fuzz.cc as a libFuzzer program, or, without clang's runtime, as a replay of
# its seed corpus that ctest runs.
function(assay_add_fuzzer name)
  cmake_parse_arguments(ARG "WILL_FAIL" "MAX_LEN" "LIBS" ${ARGN})
  if(ASSAY_BUILD_FUZZERS)
    add_executable(${name}_fuzz ${name}_fuzz.cc)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name}_fuzz ${name}_fuzz.cc replay_main.cc)
    add_test(NAME fuzz_replay_${name} COMMAND ${name}_fuzz ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    set_tests_properties(fuzz_replay_${name} PROPERTIES TIMEOUT 120 LABELS fuzz)
    if(ARG_WILL_FAIL)
      set_tests_properties(fuzz_replay_${name} PROPERTIES WILL_FAIL TRUE)
    endif()
  endif()
  target_link_libraries(${name}_fuzz PRIVATE assay_flags ${ARG_LIBS})
  target_include_directories(${name}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/engine ${PROJECT_SOURCE_DIR})
endfunction()
