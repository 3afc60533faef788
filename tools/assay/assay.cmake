# assay: the command line and the sidecar.
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)

add_executable(assay
  ${CMAKE_CURRENT_LIST_DIR}/admin_client.cc
  ${CMAKE_CURRENT_LIST_DIR}/check_config_command.cc
  ${CMAKE_CURRENT_LIST_DIR}/configured_engine.cc
  ${CMAKE_CURRENT_LIST_DIR}/decider.cc
  ${CMAKE_CURRENT_LIST_DIR}/explain_command.cc
  ${CMAKE_CURRENT_LIST_DIR}/fixed_part.cc
  ${CMAKE_CURRENT_LIST_DIR}/json_argument.cc
  ${CMAKE_CURRENT_LIST_DIR}/keys_command.cc
  ${CMAKE_CURRENT_LIST_DIR}/line_reader.cc
  ${CMAKE_CURRENT_LIST_DIR}/main.cc
  ${CMAKE_CURRENT_LIST_DIR}/mint_command.cc
  ${CMAKE_CURRENT_LIST_DIR}/policy_options.cc
  ${CMAKE_CURRENT_LIST_DIR}/reloader.cc
  ${CMAKE_CURRENT_LIST_DIR}/revocation_state.cc
  ${CMAKE_CURRENT_LIST_DIR}/revoke_command.cc
  ${CMAKE_CURRENT_LIST_DIR}/serve_command.cc
  ${CMAKE_CURRENT_LIST_DIR}/terminal.cc
  ${CMAKE_CURRENT_LIST_DIR}/text_file.cc
  ${CMAKE_CURRENT_LIST_DIR}/token_input.cc
  ${CMAKE_CURRENT_LIST_DIR}/verdict_text.cc
  ${CMAKE_CURRENT_LIST_DIR}/verify_command.cc)
target_compile_definitions(assay PRIVATE ASSAY_VERSION="${PROJECT_VERSION}")
target_link_libraries(assay PRIVATE
  assay_flags assay_signing assay_verify assay_config assay_outbound assay_server assay_store CLI11::CLI11
  spdlog::spdlog)
