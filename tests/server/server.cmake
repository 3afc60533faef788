include(${CMAKE_CURRENT_LIST_DIR}/llhttp.cmake)

assay_add_test(http1_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/http1_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http1_framing_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http1_oracle_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http1_syntax_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/response_writer_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/connection_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/exchange_table_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_test.cc
  LIBS assay::server ${assay_llhttp})

assay_add_test(http_server_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/http_server_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_server_continue_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_server_limits_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_server_pending_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_server_proof_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_smuggling_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/listening_socket_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/ring_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/ring_slot_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/poller_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/transport_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_worker_test.cc
  LIBS assay::server)

# By itself: counted_heap replaces operator new.
assay_add_test(http_allocation_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/http_allocation_test.cc
  LIBS assay::server assay_counted_heap)

include(${CMAKE_CURRENT_LIST_DIR}/check_side.cmake OPTIONAL)
