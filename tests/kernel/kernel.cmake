assay_add_test(kernel_base64url_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/base64url_test.cc LIBS assay_kernel)
assay_add_test(dispatch_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/kernel_test.cc LIBS assay_kernel)
