# assay-load: HTTP load with distinct tokens. Its parts are a library for the sake of their tests.
find_package(CLI11 REQUIRED)

if(ASSAY_BUILD_TESTS)
  add_library(assay_load_generator STATIC
    ${CMAKE_CURRENT_LIST_DIR}/latency_histogram.cc
    ${CMAKE_CURRENT_LIST_DIR}/load_connection.cc
    ${CMAKE_CURRENT_LIST_DIR}/load_run.cc
    ${CMAKE_CURRENT_LIST_DIR}/report.cc
    ${CMAKE_CURRENT_LIST_DIR}/request_set.cc
    ${CMAKE_CURRENT_LIST_DIR}/response_reader.cc
    ${CMAKE_CURRENT_LIST_DIR}/server_cpu.cc)
  target_link_libraries(assay_load_generator
    PUBLIC assay_base
    PRIVATE assay_flags assay_config assay_signing)
  target_include_directories(assay_load_generator PUBLIC ${PROJECT_SOURCE_DIR}/tools)

  add_executable(assay-load ${CMAKE_CURRENT_LIST_DIR}/main.cc)
  target_link_libraries(assay-load PRIVATE assay_flags assay_load_generator assay_config CLI11::CLI11)
endif()
