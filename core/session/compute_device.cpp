// Asks LibTorch about devices.
#include "core/session/compute_device.h"

#include "core/model/transformer_loader.h"

namespace consa {

bool meansGpu(const std::string& device) {
    return deviceFromString(device).is_cuda();
}

}  // namespace consa
