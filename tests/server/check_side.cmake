# The decision side of the sidecar.
assay_add_test(server_decision_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/challenge_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/identity_headers_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/judged_request_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/settings_faults_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/token_location_test.cc
  LIBS assay::server)
