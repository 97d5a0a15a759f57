// The feed-forward part's activation in one pass: silu(gate) x up, and its gradient.
#pragma once

#include <cuda_runtime_api.h>

namespace consa::kernels {

/// out[r, f] = silu(gateUp[r, f]) gateUp[r, width + f]. bfloat16, contiguous; gateUp: [rows, 2 width], out: [rows,
/// width]; width a multiple of 8.
void swigluForward(const void* gateUp, void* out, long long rows, int width, cudaStream_t stream);

/// gradGateUp [rows, 2 width] from gradOut [rows, width].
void swigluBackward(const void* gateUp, const void* gradOut, void* gradGateUp, long long rows, int width,
                    cudaStream_t stream);

}  // namespace consa::kernels
