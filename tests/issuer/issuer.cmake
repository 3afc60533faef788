foreach(name discovery introspection)
  assay_add_test(${name}_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cc LIBS assay_issuer)
endforeach()
