assay_add_test(issuer_program_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/issuer_parts_test.cc ${CMAKE_CURRENT_LIST_DIR}/issuer_systems_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/issuer_hubrise_test.cc
  LIBS assay_development_issuer OpenSSL::Crypto)
