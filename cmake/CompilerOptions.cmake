# Warnings, hardening and instrumentation for every target of the project.
add_library(mxprobe_options INTERFACE)
target_compile_definitions(mxprobe_options INTERFACE _GNU_SOURCE MXPROBE_VERSION="${PROJECT_VERSION}")
target_compile_options(mxprobe_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wswitch-enum -Wvla -Wformat=2 -Wundef -Wwrite-strings
    -fstack-protector-strong -fno-common)
if(MXPROBE_WERROR)
    target_compile_options(mxprobe_options INTERFACE -Werror)
endif()
if(MXPROBE_SANITIZE)
    target_compile_options(mxprobe_options INTERFACE
        -fsanitize=${MXPROBE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(mxprobe_options INTERFACE -fsanitize=${MXPROBE_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_definitions(mxprobe_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(MXPROBE_COVERAGE)
    target_compile_options(mxprobe_options INTERFACE --coverage -O0)
    target_link_options(mxprobe_options INTERFACE --coverage)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_link_options(mxprobe_options INTERFACE -Wl,-z,relro,-z,now)
