// Root-mean-square norm of rows with the residual sum before it, and its gradient with the residual's added.
#pragma once

#include <cuda_runtime_api.h>

namespace consa::kernels {

inline constexpr int kMaxNormWidth = 8192;

/// bfloat16, contiguous rows of `width` values, a multiple of 8 up to kMaxNormWidth. Sums in float32.
struct RmsNorm {
    const void* x = nullptr;       // [rows, width]
    const void* addend = nullptr;  // [rows, width]: what is normed is x + addend, rounded; null for x alone
    const void* weight = nullptr;  // [width]
    void* sum = nullptr;           // [rows, width]: x + addend; null without an addend
    void* out = nullptr;           // [rows, width]: sum / sqrt(mean(sum^2) + epsilon) weight
    long long rows = 0;
    int width = 0;
    float epsilon = 0;
};

void rmsNormForward(const RmsNorm& norm, cudaStream_t stream);

struct RmsNormGradient {
    const void* x = nullptr;        // [rows, width]: what was normed
    const void* weight = nullptr;   // [width]
    const void* gradOut = nullptr;  // [rows, width]
    const void* pass = nullptr;     // [rows, width]: gradient of x from elsewhere, added; null for none
    void* gradX = nullptr;          // [rows, width]; may be `pass` or `gradOut`
    float* gradWeight = nullptr;    // [width], added to; null when not wanted
    long long rows = 0;
    int width = 0;
    float epsilon = 0;
};

void rmsNormBackward(const RmsNormGradient& norm, cudaStream_t stream);

}  // namespace consa::kernels
