# The tests of the parts of assay::store see SQLite itself.
find_package(SQLite3 3.40 REQUIRED)

assay_add_test(log_parts_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/backoff_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/big_endian_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/log_bytes_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/log_queue_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/log_row_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/redis_room_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/wal_extent_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/witness_test.cc
  LIBS assay::store Threads::Threads)
assay_add_test(sqlite_log_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/sqlite_log_bound_test.cc
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
find_package(PkgConfig REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis>=0.14)
# Those with a server are skipped where redis-server is not installed.
assay_add_test(redis_log_test
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/fleet_entry_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/redis_connection_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/redis_log_follower_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/redis_log_stream_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/redis_log_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/redis_url_test.cc
  LIBS assay::store PkgConfig::hiredis Threads::Threads)
assay_add_test(redis_answers_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/redis_answer_commands_test.cc ${CMAKE_CURRENT_LIST_DIR}/redis_answers_test.cc
  LIBS assay::store PkgConfig::hiredis Threads::Threads)
assay_add_test(redis_log_kill_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/redis_log_kill_test.cc LIBS assay::store PkgConfig::hiredis Threads::Threads)
