# L6: HTTPS towards authorization servers. libcurl is seen by http_fetcher.cc alone.
find_package(CURL 7.87 REQUIRED)

add_library(assay_outbound STATIC
  ${CMAKE_CURRENT_LIST_DIR}/http_fetcher.cc ${CMAKE_CURRENT_LIST_DIR}/http_syntax.cc)
target_include_directories(assay_outbound PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}>)
target_link_libraries(assay_outbound
  PUBLIC assay_public
  PRIVATE $<BUILD_INTERFACE:assay_flags> assay_base CURL::libcurl Threads::Threads)
add_library(assay::outbound ALIAS assay_outbound)
