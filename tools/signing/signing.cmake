# Makes keys and signs tokens: for assay mint, assay-issuer and the tests. Never part of the engine.
find_package(OpenSSL 3.0 REQUIRED)

add_library(assay_signing STATIC
  ${CMAKE_CURRENT_LIST_DIR}/base64url_writer.cc
  ${CMAKE_CURRENT_LIST_DIR}/json_text.cc
  ${CMAKE_CURRENT_LIST_DIR}/jwt_writer.cc
  ${CMAKE_CURRENT_LIST_DIR}/signing_key.cc)
target_include_directories(assay_signing PUBLIC ${PROJECT_SOURCE_DIR}/tools)
target_link_libraries(assay_signing PUBLIC assay_public PRIVATE assay_flags OpenSSL::Crypto)
target_include_directories(assay_signing PRIVATE ${PROJECT_SOURCE_DIR}/engine)
