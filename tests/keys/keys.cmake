foreach(name emsa_pkcs1 evp_key evp_key_handles evp_key_pem evp_key_thumbprint key key_cache key_document
        key_preparation key_set rsa_lanes rsa_montgomery)
  assay_add_test(${name}_test
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cc
    LIBS assay_keys assay_signing OpenSSL::Crypto)
endforeach()
foreach(name fetch_budget fetch_schedule http_freshness kid_doubt kid_table refresh refresh_simulation unknown_kids)
  assay_add_test(${name}_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cc LIBS assay_keys)
endforeach()
