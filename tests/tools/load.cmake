assay_add_test(load_program_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/load_parts_test.cc ${CMAKE_CURRENT_LIST_DIR}/load_run_test.cc
          ${PROJECT_SOURCE_DIR}/tests/outbound/scripted_server.cc
  LIBS assay_load_generator Threads::Threads)
