# The variants of every kernel, the preferred ones first.
include(${PROJECT_SOURCE_DIR}/tools/cmake/kernel_variants.cmake)

assay_add_kernel_variant(base64url portable FUNCTION decode_base64url_portable)

assay_generate_kernel_variants(assay_kernel)
