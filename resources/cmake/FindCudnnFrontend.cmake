# Finds cuDNN, its C++ front end and cuBLASLt among the Python packages that the set-up installed. Without them the kernels
# are built all the same; layers are not fused then.
#
# Targets: CudnnFrontend::CudnnFrontend, CudnnFrontend::CublasLt.
cmake_path(GET CONSA_TORCH_DIR PARENT_PATH site_packages)
find_path(CudnnFrontend_INCLUDE_DIR cudnn_frontend.h PATHS ${site_packages}/include NO_DEFAULT_PATH)
find_path(Cudnn_INCLUDE_DIR cudnn.h PATHS ${site_packages}/nvidia/cudnn/include NO_DEFAULT_PATH)
find_library(Cudnn_LIBRARY NAMES libcudnn.so.9 PATHS ${site_packages}/nvidia/cudnn/lib NO_DEFAULT_PATH)
find_library(CublasLt_LIBRARY NAMES libcublasLt.so.13 PATHS ${site_packages}/nvidia/cu13/lib NO_DEFAULT_PATH)
# The front end's headers call the run-time compiler by name, though attention does not use it.
find_library(Nvrtc_LIBRARY NAMES libnvrtc.so.13 PATHS ${site_packages}/nvidia/cu13/lib NO_DEFAULT_PATH)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CudnnFrontend REQUIRED_VARS CudnnFrontend_INCLUDE_DIR Cudnn_INCLUDE_DIR Cudnn_LIBRARY CublasLt_LIBRARY Nvrtc_LIBRARY)

if(CudnnFrontend_FOUND AND NOT TARGET CudnnFrontend::CudnnFrontend)
    add_library(CudnnFrontend::CudnnFrontend SHARED IMPORTED)
    set_target_properties(CudnnFrontend::CudnnFrontend PROPERTIES IMPORTED_LOCATION ${Cudnn_LIBRARY})
    target_link_libraries(CudnnFrontend::CudnnFrontend INTERFACE ${Nvrtc_LIBRARY})
    target_include_directories(CudnnFrontend::CudnnFrontend SYSTEM INTERFACE
        ${CudnnFrontend_INCLUDE_DIR} ${Cudnn_INCLUDE_DIR})
    if(EXISTS ${site_packages}/nvidia/cu13/include/cuda_runtime_api.h)
        target_include_directories(CudnnFrontend::CudnnFrontend SYSTEM INTERFACE ${site_packages}/nvidia/cu13/include)
    endif()
    add_library(CudnnFrontend::CublasLt SHARED IMPORTED)
    set_target_properties(CudnnFrontend::CublasLt PROPERTIES IMPORTED_LOCATION ${CublasLt_LIBRARY})
    target_include_directories(CudnnFrontend::CublasLt SYSTEM INTERFACE ${site_packages}/nvidia/cu13/include)
endif()
