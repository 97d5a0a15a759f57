// Tells errors of LibTorch and of our kernels apart by their type, else by their words.
#include "core/session/compute_failure.h"

#include "core/kernels/device_error.h"
#include "core/training/step_memory.h"

#include <array>
#include <string_view>

namespace consa {

namespace {

/// LibTorch adds advice for programmers in further lines.
std::string firstLine(const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    return text.substr(0, text.find('\n'));
}

bool saysDeviceFailed(const c10::Error& error) {
    if (dynamic_cast<const c10::AcceleratorError*>(&error) != nullptr) return true;
    constexpr std::array<std::string_view, 4> kWords = {"CUDA error", "CUDA driver error", "cuDNN error",
                                                        "CUBLAS_STATUS"};
    const std::string text = error.what_without_backtrace();
    for (const std::string_view word : kWords)
        if (text.find(word) != std::string::npos) return true;
    return false;
}

std::string lostDevice(const std::string& words) {
    return "The device failed and can't be used further by this program: " + words +
           ". What was learned is kept up to the step before; start the program again and resume the run, or "
           "choose the device cpu";
}

std::string torchFailure(const c10::Error& error) {
    if (saysOutOfMemory(error)) return "The memory is exhausted: " + firstLine(error);
    if (saysDeviceFailed(error)) return lostDevice(firstLine(error));
    return "The computation failed: " + firstLine(error);
}

}  // namespace

std::string computeFailure(const std::exception& error) {
    if (const auto* torchs = dynamic_cast<const c10::Error*>(&error)) return torchFailure(*torchs);
    if (dynamic_cast<const kernels::DeviceError*>(&error) != nullptr) return lostDevice(error.what());
    return std::string("The work failed: ") + error.what();
}

}  // namespace consa
