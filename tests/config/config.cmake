assay_add_test(config_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/config_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_issuer_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/config_listener_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_docs_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/value_text_test.cc ${CMAKE_CURRENT_LIST_DIR}/key_table_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/toml_tree_test.cc ${CMAKE_CURRENT_LIST_DIR}/config_fixture.cc
  LIBS assay::config)
target_compile_definitions(config_test PRIVATE ASSAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
