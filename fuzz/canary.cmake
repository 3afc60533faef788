assay_add_fuzzer(canary MUST_CRASH MAX_LEN 16)
