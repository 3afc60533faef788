assay_add_test(config_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/admin_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/client_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/config_docs_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/config_fixture.cc
    ${CMAKE_CURRENT_LIST_DIR}/config_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/disk_files_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/file_fetcher_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/issuer_names_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/issuer_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/key_files_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/key_source_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/key_table_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/listener_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/named_file_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/refresh_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/opaque_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/route_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/secret_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/server_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/state_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/table_reader_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/tenants_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/toml_tree_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/value_text_test.cc
  LIBS assay::config)
target_compile_definitions(config_test PRIVATE ASSAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
