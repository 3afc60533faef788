# Whole tokens through the facade.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  # The engine's last layer once more, with signatures replaced by a fixed byte: linked into verify_deep_fuzz alone, and
  # an error to compile with NDEBUG.
  get_target_property(verify_sources assay_verify SOURCES)
  add_library(assay_verify_unsafe_for_fuzzing STATIC EXCLUDE_FROM_ALL ${verify_sources})
  target_compile_definitions(assay_verify_unsafe_for_fuzzing PRIVATE ASSAY_UNSAFE_SIGNATURES_FOR_FUZZING)
  target_link_libraries(assay_verify_unsafe_for_fuzzing PUBLIC assay_keys assay_state assay_issuer
    PRIVATE assay_engine_flags OpenSSL::Crypto)
  target_include_directories(assay_verify_unsafe_for_fuzzing PUBLIC ${PROJECT_SOURCE_DIR}/engine)
  assay_add_fuzzer(verify_deep MAX_LEN 12288 LIBS assay_verify_unsafe_for_fuzzing)
endif()
assay_add_fuzzer(verify MAX_LEN 16384 LIBS assay_engine assay_signing)
assay_add_fuzzer(security_event MAX_LEN 4096 LIBS assay_verify)
