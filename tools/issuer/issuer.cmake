# assay-issuer: a development authorization server. Its parts are a library for the sake of their tests.
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)

if(ASSAY_BUILD_TESTS)
  add_library(assay_development_issuer STATIC
    ${CMAKE_CURRENT_LIST_DIR}/credentials_grant.cc
    ${CMAKE_CURRENT_LIST_DIR}/clients.cc
    ${CMAKE_CURRENT_LIST_DIR}/exchange.cc
    ${CMAKE_CURRENT_LIST_DIR}/hubrise.cc
    ${CMAKE_CURRENT_LIST_DIR}/issuer.cc
    ${CMAKE_CURRENT_LIST_DIR}/jwt_systems.cc
    ${CMAKE_CURRENT_LIST_DIR}/key_ring.cc
    ${CMAKE_CURRENT_LIST_DIR}/parameters.cc
    ${CMAKE_CURRENT_LIST_DIR}/random_text.cc
    ${CMAKE_CURRENT_LIST_DIR}/rate_limiter.cc
    ${CMAKE_CURRENT_LIST_DIR}/status_publisher.cc)
  target_link_libraries(assay_development_issuer
    PUBLIC assay_signing assay_jose
    PRIVATE assay_flags assay_server OpenSSL::Crypto ZLIB::ZLIB)

  add_executable(assay-issuer ${CMAKE_CURRENT_LIST_DIR}/issuer_handler.cc ${CMAKE_CURRENT_LIST_DIR}/main.cc)
  target_link_libraries(assay-issuer PRIVATE assay_flags assay_development_issuer assay_server CLI11::CLI11)
endif()
