# The tests of the parts of assay::store see SQLite itself.
find_package(SQLite3 3.40 REQUIRED)

assay_add_test(log_parts_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/big_endian_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/log_queue_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/log_row_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/witness_test.cc
  LIBS assay::store Threads::Threads)
assay_add_test(sqlite_log_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_connection_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_damage_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_file_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_power_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_repair_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_space_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_test.cc
  LIBS assay::store SQLite::SQLite3 Threads::Threads)
# 50 kills; tests/store/kill_loop.sh runs more.
assay_add_test(sqlite_log_kill_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_kill_test.cc LIBS assay::store Threads::Threads)
