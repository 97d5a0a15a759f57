// Next-token loss of rows of logits and, in the same call, its gradient in their place.
#pragma once

#include <cuda_runtime_api.h>

namespace consa::kernels {

/// losses[r] = log sum exp(logits[r]) - logits[r, targets[r]], float32. With `gradScale` not 0 the logits are
/// replaced by gradScale (softmax - one-hot). logits: bfloat16 [rows, vocabulary], contiguous, vocabulary a multiple of
/// 8; targets: int64 [rows], each below `vocabulary`. Sums in float32.
void crossEntropy(void* logits, const long long* targets, float* losses, int rows, int vocabulary, float gradScale,
                  cudaStream_t stream);

}  // namespace consa::kernels
