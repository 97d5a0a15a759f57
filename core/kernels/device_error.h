// What kernels throw when the device, or one of its libraries, fails in the midst of work.
#pragma once

#include <stdexcept>

namespace consa::kernels {

/// The words of CUDA or of its library. As after LibTorch's own errors of a device, everything asked of it later in
/// this program may fail as well.
class DeviceError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace consa::kernels
