foreach(name evp_key evp_key_handles evp_key_pem evp_key_thumbprint key key_document key_set key_cache rsa_lanes)
  assay_add_test(${name}_test
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cc
    LIBS assay_keys assay_signing OpenSSL::Crypto)
endforeach()
assay_add_test(refresh_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/refresh_test.cc LIBS assay_keys)
