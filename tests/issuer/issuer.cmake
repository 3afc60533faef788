foreach(name call_gate client_authentication client_credentials discovery form_text introspection)
  assay_add_test(${name}_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cc LIBS assay_issuer)
endforeach()
assay_add_test(status_list_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/status_list_test.cc
  LIBS assay_issuer assay_state ZLIB::ZLIB)
