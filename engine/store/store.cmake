# L6: revocations that outlive the process. SQLite is seen by sqlite_log*.cc alone, hiredis by redis_connection.*.
find_package(SQLite3 3.40 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis>=0.14)

add_library(assay_store STATIC
  ${CMAKE_CURRENT_LIST_DIR}/fleet_entry.cc
  ${CMAKE_CURRENT_LIST_DIR}/log_bytes.cc
  ${CMAKE_CURRENT_LIST_DIR}/log_queue.cc
  ${CMAKE_CURRENT_LIST_DIR}/log_row.cc
  ${CMAKE_CURRENT_LIST_DIR}/redis_answer_commands.cc
  ${CMAKE_CURRENT_LIST_DIR}/redis_answers.cc
  ${CMAKE_CURRENT_LIST_DIR}/redis_connection.cc
  ${CMAKE_CURRENT_LIST_DIR}/redis_log.cc
  ${CMAKE_CURRENT_LIST_DIR}/redis_log_follower.cc
  ${CMAKE_CURRENT_LIST_DIR}/redis_log_stream.cc
  ${CMAKE_CURRENT_LIST_DIR}/redis_room.cc
  ${CMAKE_CURRENT_LIST_DIR}/redis_url.cc
  ${CMAKE_CURRENT_LIST_DIR}/sqlite_log.cc
  ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_check.cc
  ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_connection.cc
  ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_file.cc
  ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_repair.cc
  ${CMAKE_CURRENT_LIST_DIR}/wal_extent.cc
  ${CMAKE_CURRENT_LIST_DIR}/witness.cc)
target_include_directories(assay_store PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}>)
target_link_libraries(assay_store
  PUBLIC assay_public assay_base
  PRIVATE $<BUILD_INTERFACE:assay_flags> SQLite::SQLite3 PkgConfig::hiredis
    absl::flat_hash_map Threads::Threads)
add_library(assay::store ALIAS assay_store)
