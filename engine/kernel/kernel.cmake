# The variants of every kernel, the preferred ones first.

assay_add_kernel_variant(base64url avx512vbmi FUNCTION decode_base64url_avx512vbmi SOURCE base64url_avx512vbmi.cc
                         FEATURES avx512f avx512bw avx512vbmi)
assay_add_kernel_variant(base64url avx2 FUNCTION decode_base64url_avx2 SOURCE base64url_avx2.cc FEATURES avx2)
assay_add_kernel_variant(base64url portable FUNCTION decode_base64url_portable)

assay_add_kernel_variant(dots avx512bw FUNCTION find_dots_avx512bw SOURCE dots_avx512bw.cc FEATURES avx512f avx512bw)
assay_add_kernel_variant(dots portable FUNCTION find_dots_portable)

# simdjson finds the tokens of every JSON text; the kernel those of plain ones alone.
assay_add_kernel_variant(json avx512vbmi2 FUNCTION find_json_tokens_avx512vbmi2 SOURCE json_avx512vbmi2.cc
                         FEATURES bmi2 avx512f avx512bw avx512vbmi2 pclmul)
assay_add_kernel_variant(json portable FUNCTION nullptr)

# OpenSSL verifies one signature faster than rsa_public_x8_portable does: that one is a specification alone.
assay_add_kernel_variant(rsa avx512ifma FUNCTION rsa_public_x8_avx512ifma SOURCE rsa_public_x8_avx512ifma.cc
                         FEATURES avx512f avx512bw avx512vbmi avx512ifma)
assay_add_kernel_variant(rsa portable FUNCTION nullptr)

# OpenSSL hashes one message faster than sha256_portable does, too. sha256_avx512 leaves what is left over of its lanes
# to sha256_shani.
assay_add_kernel_variant(sha256 avx512 FUNCTION sha256_avx512 SOURCE sha256_avx512.cc FEATURES avx512f avx512bw sha)
assay_add_kernel_variant(sha256 shani FUNCTION sha256_shani SOURCE sha256_shani.cc FEATURES avx2 sha)
assay_add_kernel_variant(sha256 portable FUNCTION nullptr)

assay_generate_kernel_variants(assay_kernel)
