# Documents that issuers publish. What is broken in a large one shows in a small one.
find_package(ZLIB REQUIRED)
assay_add_fuzzer(status_list MAX_LEN 4096 LIBS assay_issuer assay_signing ZLIB::ZLIB)
