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
  # The vptr check reads the RTTI that the engine is built without.
  target_compile_options(assay_flags INTERFACE
    -fsanitize=${ASSAY_SANITIZE} -fno-sanitize-recover=all -fno-sanitize=vptr)
  target_link_options(assay_flags INTERFACE -fsanitize=${ASSAY_SANITIZE})
endif()
if(ASSAY_BUILD_FUZZERS)
  target_compile_options(assay_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# The engine (L0 to L5) is built without exceptions and RTTI: hostile tokens are normal traffic.
add_library(assay_engine_flags INTERFACE)
target_link_libraries(assay_engine_flags INTERFACE assay_flags)
# Its code is position-independent so that it can go into shared libraries, but nobody replaces a function of it when
# the program is loaded: g++ may inline what one source defines and uses (2 % of decide without RSA).
target_compile_options(assay_engine_flags INTERFACE -fno-exceptions -fno-rtti -fno-semantic-interposition)

# assay_add_test(NAME SOURCES... LIBS...): one GoogleTest program and one ctest entry.
#   The ctest labels are the folder under tests/ and, for what tests L0 to L5, `engine`: tools/check.sh selects by them.
#   The default TIMEOUT is generous because sanitized runs share two cores.
#   assay_engine_tests builds all of the latter, assay_FOLDER_tests those of one folder.
set(ASSAY_ENGINE_TEST_FOLDERS base kernel jose keys state issuer verify public concurrency)
add_custom_target(assay_engine_tests)
function(assay_add_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  cmake_path(GET CMAKE_CURRENT_LIST_DIR FILENAME folder)
  list(APPEND ARG_LABELS ${folder})
  if(NOT TARGET assay_${folder}_tests)
    add_custom_target(assay_${folder}_tests)
  endif()
  add_dependencies(assay_${folder}_tests ${name})
  if(folder IN_LIST ASSAY_ENGINE_TEST_FOLDERS)
    list(APPEND ARG_LABELS engine)
    add_dependencies(assay_engine_tests ${name})
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE assay_flags ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/engine ${PROJECT_SOURCE_DIR})
  # One ctest entry for the program: two cores start few processes gladly and hundreds badly.
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# assay_add_fuzzer(NAME [MAX_LEN bytes] [MUST_CRASH] LIBS...): fuzz/NAME_fuzz.cc as a libFuzzer program, or, without
# clang's runtime, as a replay of its seed corpus that ctest runs. MUST_CRASH: the replay passes only if the target
# aborts, which proves that a finding is seen. assay_fuzzers builds them all.
add_custom_target(assay_fuzzers)
# tools/fuzz.sh runs what is named here: a target that was removed must not linger.
file(REMOVE_RECURSE ${CMAKE_BINARY_DIR}/fuzz_options)
function(assay_add_fuzzer name)
  cmake_parse_arguments(ARG "MUST_CRASH" "MAX_LEN" "LIBS" ${ARGN})
  set(corpus ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name})
  if(ASSAY_BUILD_FUZZERS)
    add_executable(${name}_fuzz ${name}_fuzz.cc)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
    # What tools/fuzz.sh hands to libFuzzer beside the corpus.
    set(options "")
    if(ARG_MAX_LEN)
      string(APPEND options "-max_len=${ARG_MAX_LEN}\n")
    endif()
    if(EXISTS ${PROJECT_SOURCE_DIR}/fuzz/${name}.dict)
      string(APPEND options "-dict=${PROJECT_SOURCE_DIR}/fuzz/${name}.dict\n")
    endif()
    file(WRITE ${CMAKE_BINARY_DIR}/fuzz_options/${name} "${options}")
  else()
    add_executable(${name}_fuzz ${name}_fuzz.cc replay_main.cc)
    if(ARG_MUST_CRASH)
      # 134: killed by SIGABRT. WILL_FAIL would not do: ctest counts a signal as a failure all the same.
      add_test(NAME fuzz_replay_${name} COMMAND sh -c "\"$0\" \"$1\"; test $? -eq 134"
               $<TARGET_FILE:${name}_fuzz> ${corpus})
    else()
      add_test(NAME fuzz_replay_${name} COMMAND ${name}_fuzz ${corpus})
    endif()
    set_tests_properties(fuzz_replay_${name} PROPERTIES TIMEOUT 120 LABELS fuzz)
  endif()
  add_dependencies(assay_fuzzers ${name}_fuzz)
  target_link_libraries(${name}_fuzz PRIVATE assay_flags ${ARG_LIBS})
  target_include_directories(${name}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/engine ${PROJECT_SOURCE_DIR})
endfunction()
