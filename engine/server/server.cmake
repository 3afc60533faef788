# L6: the generic HTTP server and what stands on it. Sees L0 and L1 only.
find_package(PkgConfig REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
pkg_check_modules(liburing REQUIRED IMPORTED_TARGET liburing>=2.3)

file(GLOB assay_server_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cc)
add_library(assay_server STATIC ${assay_server_sources})
add_library(assay::server ALIAS assay_server)
target_include_directories(assay_server PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}>)
target_link_libraries(assay_server
  PUBLIC assay_public assay_base Threads::Threads
  PRIVATE $<BUILD_INTERFACE:assay_flags> PkgConfig::liburing prometheus-cpp::core
  INTERFACE assay_engine)  # where what assay/json.h declares is
