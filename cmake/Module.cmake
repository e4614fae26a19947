# mxprobe_module(NAME [USES module...] [LIBS target...] SOURCES file...)
#
# One static library a folder. Headers are included as "folder/header.h", and the only folders
# that a module can see are its own and those it USES: each module's include path is a directory
# that holds nothing but a link to that one folder. An include in the wrong direction has no file.
function(mxprobe_module name)
    cmake_parse_arguments(ARG "" "" "USES;LIBS;SOURCES" ${ARGN})
    set(view ${CMAKE_BINARY_DIR}/include/${name})
    file(MAKE_DIRECTORY ${view})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${view}/${name} SYMBOLIC)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${view})
    target_link_libraries(${name} PUBLIC ${ARG_USES} ${ARG_LIBS} PRIVATE mxprobe_options)
endfunction()
