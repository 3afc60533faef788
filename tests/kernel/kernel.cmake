assay_add_test(kernel_base64url_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/base64url_test.cc LIBS assay_kernel)
assay_add_test(dots_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/dots_test.cc LIBS assay_kernel)
assay_add_test(json_tokens_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/json_tokens_test.cc LIBS assay_kernel)
assay_add_test(dispatch_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/kernel_test.cc LIBS assay_kernel)

add_executable(run_forced ${CMAKE_CURRENT_LIST_DIR}/run_forced.cc)
target_link_libraries(run_forced PRIVATE assay_flags assay_kernel)
add_dependencies(assay_engine_tests run_forced)

# assay_add_forced_runs(TEST): the program of assay_add_test once more for each kernel variant that is compiled in, and
# once as on a processor without any features.
function(assay_add_forced_runs name)
  get_property(forced_kernels GLOBAL PROPERTY ASSAY_FORCED_KERNELS)
  foreach(forced IN ITEMS portable LISTS forced_kernels)
    string(REPLACE "=" "_" suffix ${forced})
    set(run ${name}_forced_${suffix})
    add_test(NAME ${run} COMMAND run_forced ${forced} $<TARGET_FILE:${name}> --gtest_brief=1)
    get_test_property(${name} LABELS labels)
    set_tests_properties(${run} PROPERTIES TIMEOUT 300 LABELS "${labels}" SKIP_RETURN_CODE 77)
  endforeach()
endfunction()

assay_add_test(sha256_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/sha256_test.cc LIBS assay_kernel OpenSSL::Crypto)
assay_add_test(radix52_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/radix52_test.cc LIBS assay_kernel)
assay_add_test(rsa_public_x8_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/rsa_public_x8_test.cc
  LIBS assay_kernel assay_keys OpenSSL::Crypto)

add_executable(rsa_differential ${CMAKE_CURRENT_LIST_DIR}/rsa_differential.cc)
target_link_libraries(rsa_differential PRIVATE assay_flags assay_kernel assay_keys OpenSSL::Crypto)
target_include_directories(rsa_differential PRIVATE ${PROJECT_SOURCE_DIR}/engine ${PROJECT_SOURCE_DIR})
add_test(NAME rsa_differential COMMAND rsa_differential --lanes 50000)
add_test(NAME rsa_differential_portable COMMAND rsa_differential --lanes 5000 --kernel portable)
set_tests_properties(rsa_differential rsa_differential_portable PROPERTIES TIMEOUT 300 LABELS slow SKIP_RETURN_CODE 77)
add_dependencies(assay_engine_tests rsa_differential)
