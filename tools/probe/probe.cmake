# assay-probe: parts of the engine on their own, for test vectors. Built with the tests.
if(ASSAY_BUILD_TESTS)
  add_executable(assay-probe
    ${CMAKE_CURRENT_LIST_DIR}/hex.cc
    ${CMAKE_CURRENT_LIST_DIR}/main.cc
    ${CMAKE_CURRENT_LIST_DIR}/operations.cc
    ${CMAKE_CURRENT_LIST_DIR}/rsa_public.cc)
  target_link_libraries(assay-probe PRIVATE assay_flags assay_signing assay_verify OpenSSL::Crypto)
endif()
