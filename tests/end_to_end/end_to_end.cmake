# Real clients, assay-issuer, assay serve and nginx, each a process of its own. Debian's own python3 has pytest and
# requests.
find_program(ASSAY_PYTEST_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

foreach(topic
        issuer samples decisions introspection nginx configurations rotation rotation_load flood opaque_flood key_outage
        durability fleet fleet_outage sharing events hostile_clients hostile_issuers soak regrant
        status_list)
  add_test(NAME end_to_end_${topic}
    COMMAND ${ASSAY_PYTEST_PYTHON} -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_LIST_DIR}/${topic}_test.py)
  set_tests_properties(end_to_end_${topic} PROPERTIES
    LABELS end_to_end TIMEOUT 300 RUN_SERIAL TRUE
    ENVIRONMENT "ASSAY_BIN_DIR=${CMAKE_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1")
endforeach()

# The demo compares what it shows with what it expects.
add_test(NAME end_to_end_demo COMMAND ${PROJECT_SOURCE_DIR}/tools/demo.sh --build-dir ${CMAKE_BINARY_DIR})
set_tests_properties(end_to_end_demo PROPERTIES LABELS end_to_end TIMEOUT 300 RUN_SERIAL TRUE)
