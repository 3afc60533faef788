# The variants of every kernel, the preferred ones first.

assay_add_kernel_variant(base64url avx512vbmi FUNCTION decode_base64url_avx512vbmi SOURCE base64url_avx512vbmi.cc
                         FEATURES avx512f avx512bw avx512vbmi)
assay_add_kernel_variant(base64url avx2 FUNCTION decode_base64url_avx2 SOURCE base64url_avx2.cc FEATURES avx2)
assay_add_kernel_variant(base64url portable FUNCTION decode_base64url_portable)

assay_generate_kernel_variants(assay_kernel)
