# L6: TOML to Policy and Settings. toml++ is seen by toml_tree.cc alone; its shared library is not used (header only).
add_library(assay_config STATIC
  ${CMAKE_CURRENT_LIST_DIR}/admin_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/client_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/config.cc
  ${CMAKE_CURRENT_LIST_DIR}/describe.cc
  ${CMAKE_CURRENT_LIST_DIR}/disk_files.cc
  ${CMAKE_CURRENT_LIST_DIR}/events_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/file_fetcher.cc
  ${CMAKE_CURRENT_LIST_DIR}/issuer_names.cc
  ${CMAKE_CURRENT_LIST_DIR}/issuer_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/key_files.cc
  ${CMAKE_CURRENT_LIST_DIR}/key_source_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/key_table.cc
  ${CMAKE_CURRENT_LIST_DIR}/listener_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/named_file.cc
  ${CMAKE_CURRENT_LIST_DIR}/refresh_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/opaque_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/route_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/secret_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/server_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/state_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/status_list_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/table_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/tenants.cc
  ${CMAKE_CURRENT_LIST_DIR}/toml_tree.cc
  ${CMAKE_CURRENT_LIST_DIR}/value_text.cc)
target_include_directories(assay_config PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}>)
target_link_libraries(assay_config
  PUBLIC assay_public
  PRIVATE $<BUILD_INTERFACE:assay_flags> assay_base)
add_library(assay::config ALIAS assay_config)
