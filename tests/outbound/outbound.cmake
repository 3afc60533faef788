assay_add_test(http_fetcher_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/http_fetcher_many_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_fetcher_proxy_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_fetcher_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_fetcher_tls_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/http_syntax_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/inbox_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/scripted_server.cc
  LIBS assay::outbound OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
