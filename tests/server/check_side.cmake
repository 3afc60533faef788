# The decision side of the sidecar: its parts, then the whole over a real engine.
assay_add_test(server_decision_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/basic_credentials_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/challenge_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/client_call_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/drain_flag_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/form_body_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/identity_headers_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/json_text_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/judged_request_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/media_type_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/oauth_error_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/settings_faults_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/token_location_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/wake_set_test.cc
  LIBS assay::server)

assay_add_test(sidecar_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/admin_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/admin_explain_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/admin_metrics_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/admin_page_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/admin_pages_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/admin_revocations_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/admin_revoke_form_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/admin_rights_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/admin_targets_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/check_handler_introspection_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/check_handler_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/event_handler_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/introspection_writer_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/server_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/sidecar_client.cc
    ${CMAKE_CURRENT_LIST_DIR}/sidecar_fixture.cc
  LIBS assay::server assay::engine assay_signing)

# By itself: counted_heap replaces operator new.
assay_add_test(check_allocation_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/check_allocation_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/sidecar_client.cc
    ${CMAKE_CURRENT_LIST_DIR}/sidecar_fixture.cc
  LIBS assay::server assay::engine assay_signing assay_counted_heap)
