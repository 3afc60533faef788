# The readers of requests and of forms.
include(${PROJECT_SOURCE_DIR}/tests/server/llhttp.cmake)
# Room for a head at the reader's test limit and a second request.
assay_add_fuzzer(http1 MAX_LEN 2048 LIBS assay::server ${assay_llhttp})
assay_add_fuzzer(form_body MAX_LEN 4096 LIBS assay_server assay_issuer)
