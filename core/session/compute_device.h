// What the window and the command line may ask about devices without meeting Torch.
#pragma once

#include <string>

namespace consa {

/// True when `device` (auto, cpu, cuda, cuda:N) means a GPU on this machine. Throws Error (BadInput) when the device
/// named is not there. The first call starts the CUDA driver, which can take a second.
[[nodiscard]] bool meansGpu(const std::string& device);

}  // namespace consa
