# Warnings, sanitizers and the compiler cache, the same for every target of ours.
set(CONSA_SANITIZE "" CACHE STRING "Sanitizers for the whole build, as -fsanitize= takes them")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

# Line numbers without the weight of LibTorch's types: a third of the build's time and memory.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG" CACHE STRING "" FORCE)

find_program(CCACHE ccache)
if(CCACHE)
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=time_macros,include_file_mtime,include_file_ctime
                 CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${launcher})
endif()

add_library(consa_warnings INTERFACE)
target_compile_options(consa_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wconversion -Werror>)

# Releases refuse what writes past its end; everything else stops at the standard library's own assertions.
if(CONSA_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_definitions(_GLIBCXX_ASSERTIONS)
else()
    include(CheckPIESupported)
    check_pie_supported(LANGUAGES CXX)
    add_compile_options(
        "$<$<COMPILE_LANGUAGE:CXX>:-fstack-protector-strong;-fstack-clash-protection;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
    add_link_options(LINKER:-z,relro LINKER:-z,now)
endif()

# Coverage for libFuzzer in all of our code; the targets of tests/fuzz link the fuzzer itself.
option(CONSA_FUZZ "Build tests/fuzz with libFuzzer (needs clang)" OFF)
if(CONSA_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
        message(FATAL_ERROR "CONSA_FUZZ needs clang: configure the preset fuzz.")
    endif()
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=fuzzer-no-link>)
endif()

if(CONSA_SANITIZE)
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${CONSA_SANITIZE}>
                        $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize-recover=all>
                        $<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer>)
    add_link_options(-fsanitize=${CONSA_SANITIZE})
endif()
