# Finds LibTorch in the Python package that the set-up installed, without torch's own CMake config (which insists on a
# CUDA toolkit). Set CONSA_TORCH_DIR to another folder that holds include/ and lib/.
#
# Target: LibTorch::LibTorch. With CONSA_HAS_CUDA the target links torch's CUDA parts too.
if(NOT CONSA_TORCH_DIR)
    if(DEFINED ENV{CONSA_DATA_DIR})
        set(data $ENV{CONSA_DATA_DIR})
    elseif(DEFINED ENV{XDG_DATA_HOME})
        set(data $ENV{XDG_DATA_HOME}/consa-explorer)
    else()
        set(data $ENV{HOME}/.local/share/consa-explorer)
    endif()
    file(GLOB candidates ${data}/environment/lib/python3*/site-packages/torch)
    foreach(candidate IN LISTS candidates)
        if(EXISTS ${candidate}/include/torch/csrc/api/include/torch/torch.h)
            set(CONSA_TORCH_DIR ${candidate})
        endif()
    endforeach()
    set(CONSA_TORCH_DIR "${CONSA_TORCH_DIR}" CACHE PATH "Folder of LibTorch: holds include/ and lib/")
endif()

include(FindPackageHandleStandardArgs)
set(LibTorch_LIBRARY ${CONSA_TORCH_DIR}/lib/libtorch_cpu.so)
if(NOT EXISTS ${LibTorch_LIBRARY})
    unset(LibTorch_LIBRARY)
endif()
find_package_handle_standard_args(LibTorch REQUIRED_VARS LibTorch_LIBRARY
    REASON_FAILURE_MESSAGE "run resources/setup/prerequisites, or set CONSA_TORCH_DIR")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
    set(libraries c10 torch_cpu)
    if(CONSA_HAS_CUDA AND EXISTS ${CONSA_TORCH_DIR}/lib/libtorch_cuda.so)
        list(APPEND libraries c10_cuda torch_cuda)
    endif()
    add_library(LibTorch::LibTorch INTERFACE IMPORTED)
    target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
        ${CONSA_TORCH_DIR}/include ${CONSA_TORCH_DIR}/include/torch/csrc/api/include)
    # torch_cuda registers its kernels when it is loaded; nothing refers to it by symbol.
    target_link_options(LibTorch::LibTorch INTERFACE LINKER:--no-as-needed)
    foreach(library IN LISTS libraries)
        add_library(LibTorch::${library} SHARED IMPORTED)
        set_target_properties(LibTorch::${library} PROPERTIES IMPORTED_LOCATION ${CONSA_TORCH_DIR}/lib/lib${library}.so)
        target_link_libraries(LibTorch::LibTorch INTERFACE LibTorch::${library})
    endforeach()
    # The CUDA headers that torch's own headers include.
    cmake_path(GET CONSA_TORCH_DIR PARENT_PATH site_packages)
    if(EXISTS ${site_packages}/nvidia/cu13/include/cuda_runtime_api.h)
        target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE ${site_packages}/nvidia/cu13/include)
    elseif(CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES)
        target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
    endif()
endif()
