# The pipeline, its parts, and the facade over them.
foreach(part routes checks evp_verify policy_faults tickets key_supply answer_supply compiled_policy signature_only
        fetch_inbox)
  if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/${part}_test.cc)
    list(APPEND verify_part_sources ${CMAKE_CURRENT_LIST_DIR}/${part}_test.cc)
  endif()
endforeach()
assay_add_test(verify_parts_test SOURCES ${verify_part_sources} LIBS assay_engine assay_signing)
assay_add_test(engine_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/engine_test.cc ${CMAKE_CURRENT_LIST_DIR}/engine_codes_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/engine_opaque_test.cc ${CMAKE_CURRENT_LIST_DIR}/engine_keys_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/explain_test.cc ${CMAKE_CURRENT_LIST_DIR}/attack_test.cc
  LIBS assay_engine assay_signing)
assay_add_test(allocation_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/allocation_test.cc
  LIBS assay_engine assay_signing OpenSSL::Crypto)
