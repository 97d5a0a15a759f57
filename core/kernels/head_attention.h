// Causal attention, full or windowed, of one block of heads, read and written where the heads lie: cuDNN's graphs.
#pragma once

#include "core/kernels/sink_attention.h"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>

struct cudnnContext;

namespace consa::kernels {

/// A block of heads; bfloat16. Grouped-query: queryHeads is a multiple of kvHeads.
struct AttentionShape {
    int batch = 0;
    int tokens = 0;
    int queryHeads = 0;
    int kvHeads = 0;
    int headDim = 0;            // a multiple of 8 up to 128
    int windowTokens = 0;       // keys that a query sees, itself counted; 0: all before it
    long long tokenStride = 0;  // of q, k and v, in values; heads lie headDim apart, the batch tokens x tokenStride
    long long outTokenStride = 0;
    long long gradOutTokenStride = 0;  // unused forwards
    long long gradTokenStride = 0;     // of gradQ, gradK and gradV; unused forwards

    bool operator==(const AttentionShape&) const = default;
};

struct AttentionForward {
    const void* q = nullptr;
    const void* k = nullptr;
    const void* v = nullptr;
    void* out = nullptr;
    float* logSumExp = nullptr;  // [batch, queryHeads, tokens]
};

struct AttentionBackward {
    const void* q = nullptr;
    const void* k = nullptr;
    const void* v = nullptr;
    const void* out = nullptr;
    const void* gradOut = nullptr;
    const float* logSumExp = nullptr;
    void* gradQ = nullptr;  // the three are written, not added to
    void* gradK = nullptr;
    void* gradV = nullptr;
};

/// Gives device memory for one call; it may be used again once the stream has come past the call.
using Workspace = std::function<void*(std::int64_t bytes)>;

/// Builds a plan for each shape at its first use, some tens of milliseconds, and keeps it. For one thread at a time.
/// Throws std::runtime_error with cuDNN's words when a shape has no plan, DeviceError when running one fails.
class HeadAttention {
public:
    HeadAttention();
    ~HeadAttention();
    HeadAttention(const HeadAttention&) = delete;
    HeadAttention& operator=(const HeadAttention&) = delete;

    /// `cudnn` is bound to the stream that the call goes to.
    void forward(cudnnContext* cudnn, const AttentionShape& shape, const AttentionForward& call,
                 const Workspace& workspace);
    void backward(cudnnContext* cudnn, const AttentionShape& shape, const AttentionBackward& call,
                  const Workspace& workspace);

private:
    struct Plans;
    Plans* m_plans;
};

}  // namespace consa::kernels
