# The program assay as people and scripts use it. Debian's own python3 has pytest.
find_program(ASSAY_PYTEST_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

foreach(topic verify explain configured key_sources state repair mint docs sidecar_docs load probe revoke)
  add_test(NAME cli_${topic}
    COMMAND ${ASSAY_PYTEST_PYTHON} -m pytest -q -p no:cacheprovider ${CMAKE_CURRENT_LIST_DIR}/cli_${topic}_test.py)
  set_tests_properties(cli_${topic} PROPERTIES
    LABELS tools TIMEOUT 300 ENVIRONMENT "ASSAY_BIN_DIR=${CMAKE_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1")
endforeach()
