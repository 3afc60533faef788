# The pipeline, its parts, and the facade over them.
set(here ${CMAKE_CURRENT_LIST_DIR})
assay_add_test(verify_parts_test
  SOURCES ${here}/answer_life_test.cc ${here}/answer_metrics_test.cc ${here}/answer_sharing_test.cc
          ${here}/answer_supply_sharing_test.cc ${here}/answer_supply_test.cc ${here}/evp_seal_test.cc
          ${here}/evp_sign_test.cc ${here}/sealed_answer_test.cc
          ${here}/introspection_endpoint_test.cc ${here}/check_state_test.cc ${here}/checks_test.cc
          ${here}/compiled_policy_test.cc ${here}/decoded_jws_test.cc
          ${here}/digest_test.cc ${here}/target_digest_test.cc
          ${here}/evp_verify_test.cc
          ${here}/fetch_inbox_test.cc ${here}/fetch_rules_test.cc ${here}/kept_answer_test.cc ${here}/revoker_test.cc
          ${here}/header_memo_test.cc ${here}/json_object_reader_test.cc ${here}/key_supply_test.cc
          ${here}/event_ledger_test.cc ${here}/security_event_test.cc
          ${here}/policy_faults_test.cc ${here}/routes_test.cc ${here}/rsa_batch_test.cc
          ${here}/rsa_guard_test.cc ${here}/rsa_self_test_test.cc
          ${here}/rsa_single_test.cc ${here}/sha256_self_test_test.cc ${here}/text_self_test_test.cc
          ${here}/signature_only_test.cc ${here}/status_list_token_test.cc ${here}/status_supply_test.cc
          ${here}/tickets_test.cc
  LIBS assay_engine assay_signing OpenSSL::Crypto)
assay_add_test(engine_test
  SOURCES ${here}/attack_test.cc ${here}/control_test.cc ${here}/engine_codes_test.cc ${here}/engine_keys_test.cc
          ${here}/engine_opaque_bounds_test.cc ${here}/engine_opaque_test.cc ${here}/engine_remembered_test.cc
          ${here}/engine_sharing_test.cc ${here}/engine_test.cc ${here}/explain_test.cc ${here}/key_sources_test.cc
          ${here}/latest_lookups_test.cc ${here}/missing_key_test.cc
          ${here}/event_receiver_test.cc ${here}/feed_watch_test.cc
          ${here}/pipeline_test.cc ${here}/revocation_records_test.cc
          ${here}/revocation_stage_test.cc ${here}/signature_stage_test.cc ${here}/status_stage_test.cc
          ${here}/worker_test.cc
  LIBS assay_engine assay_signing)
assay_add_forced_runs(engine_test)
assay_add_test(allocation_test
  SOURCES ${here}/allocation_test.cc
  LIBS assay_engine assay_signing assay_counted_heap OpenSSL::Crypto)
