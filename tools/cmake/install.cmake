# What `cmake --install` puts where, and how others find it: find_package(assay) with one component per target that
# users link (engine, outbound, store, config, server), and assay.pc for the engine.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(ASSAY_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/assay)

# assay_install_component(COMPONENT TARGETS...): exports those of TARGETS that exist, assay_x as assay::x.
function(assay_install_component component)
  set(targets "")
  foreach(target IN LISTS ARGN)
    if(TARGET ${target})
      string(REGEX REPLACE "^assay_" "" export_name ${target})
      set_target_properties(${target} PROPERTIES EXPORT_NAME ${export_name})
      list(APPEND targets ${target})
    endif()
  endforeach()
  if(NOT targets)
    return()
  endif()
  install(TARGETS ${targets} EXPORT assay_${component} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT assay_${component} NAMESPACE assay:: FILE assay_${component}.cmake DESTINATION ${ASSAY_PACKAGE_DIR})
endfunction()

assay_install_component(engine assay_public assay_base assay_kernel assay_jose assay_keys assay_state assay_issuer
                        assay_verify assay_engine)
install(DIRECTORY engine/include/assay DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.inc")

# assay_collect_headers(OUT HEADERS...): HEADERS and what they include of engine/, as paths relative to engine/.
function(assay_collect_headers out)
  set(seen "")
  set(waiting ${ARGN})
  while(waiting)
    list(POP_FRONT waiting header)
    if(header IN_LIST seen OR NOT EXISTS ${PROJECT_SOURCE_DIR}/engine/${header})
      continue()
    endif()
    list(APPEND seen ${header})
    file(STRINGS ${PROJECT_SOURCE_DIR}/engine/${header} lines REGEX "^#include \"")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^#include \"([^\"]+)\".*" "\\1" included "${line}")
      list(APPEND waiting ${included})
    endforeach()
  endwhile()
  set(${out} ${seen} PARENT_SCOPE)
endfunction()

# The siblings of L6 and the headers by which each is entered, with what those include. They are installed under a
# directory of their own, so that "outbound/http_fetcher.h" is written alike in the tree and outside, and <limits.h>
# stays the system's.
set(ASSAY_PARTS_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR}/assay_parts)
function(assay_install_part part)
  if(NOT TARGET assay_${part})
    return()
  endif()
  target_include_directories(assay_${part} INTERFACE $<INSTALL_INTERFACE:${ASSAY_PARTS_INCLUDEDIR}>)
  assay_install_component(${part} assay_${part})
  list(TRANSFORM ARGN PREPEND ${part}/)
  assay_collect_headers(headers ${ARGN})
  foreach(header IN LISTS headers)
    cmake_path(GET header PARENT_PATH folder)
    install(FILES engine/${header} DESTINATION ${ASSAY_PARTS_INCLUDEDIR}/${folder})
  endforeach()
endfunction()
assay_install_part(outbound http_fetcher.h)
assay_install_part(store sqlite_log.h redis_answers.h redis_log.h)
assay_install_part(config config.h)
assay_install_part(server server.h http_server.h)

if(TARGET assay)
  install(TARGETS assay RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(tools/cmake/assayConfig.cmake.in ${CMAKE_BINARY_DIR}/package/assayConfig.cmake
                              INSTALL_DESTINATION ${ASSAY_PACKAGE_DIR})
# Before 1.0 every minor version may break its users.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/assayConfigVersion.cmake COMPATIBILITY SameMinorVersion)
# Relative, so that an installed tree may be moved.
file(RELATIVE_PATH ASSAY_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(tools/cmake/assay.pc.in ${CMAKE_BINARY_DIR}/package/assay.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/package/assayConfig.cmake ${CMAKE_BINARY_DIR}/package/assayConfigVersion.cmake
        DESTINATION ${ASSAY_PACKAGE_DIR})
install(FILES ${CMAKE_BINARY_DIR}/package/assay.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
