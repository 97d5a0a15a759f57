// Kernels of swiglu.h: memory-bound, a thread for eight neighbouring values.
#include "core/kernels/swiglu.h"

#include "core/kernels/bfloat_pack.cuh"

namespace consa::kernels {

namespace {

constexpr int kThreads = 256;

__device__ __forceinline__ float sigmoid(float x) {
    return 1.0f / (1.0f + __expf(-x));
}

/// Where the gate of pack `index` of the product lies; the up projection's lies packs * 8 behind it.
__device__ __forceinline__ long long gateAt(unsigned index, unsigned packs) {
    return (static_cast<long long>(index) + index / packs * packs) * 8;
}

__global__ void forwardKernel(const __nv_bfloat16* gateUp, __nv_bfloat16* out, unsigned count, unsigned packs) {
    const unsigned index = blockIdx.x * kThreads + threadIdx.x;
    if (index >= count) return;
    const long long at = gateAt(index, packs);
    const Pack8 gate = loadPack(gateUp + at), up = loadPack(gateUp + at + packs * 8);
    Pack8 result;
#pragma unroll
    for (int i = 0; i < 8; ++i) result.values[i] = gate.values[i] * sigmoid(gate.values[i]) * up.values[i];
    storePack(out + index * 8LL, result);
}

__global__ void backwardKernel(const __nv_bfloat16* gateUp, const __nv_bfloat16* gradOut, __nv_bfloat16* gradGateUp,
                               unsigned count, unsigned packs) {
    const unsigned index = blockIdx.x * kThreads + threadIdx.x;
    if (index >= count) return;
    const long long at = gateAt(index, packs);
    const Pack8 gate = loadPack(gateUp + at), up = loadPack(gateUp + at + packs * 8);
    const Pack8 grad = loadPack(gradOut + index * 8LL);
    Pack8 gradGate, gradUp;
#pragma unroll
    for (int i = 0; i < 8; ++i) {
        const float s = sigmoid(gate.values[i]), silu = gate.values[i] * s;
        gradUp.values[i] = grad.values[i] * silu;
        gradGate.values[i] = grad.values[i] * up.values[i] * (s + silu * (1.0f - s));
    }
    storePack(gradGateUp + at, gradGate);
    storePack(gradGateUp + at + packs * 8, gradUp);
}

/// Fits 32 bits: as many packs as don't would fill 64 GiB.
unsigned packsOf(long long rows, int width) {
    return static_cast<unsigned>(rows * (width / 8));
}

}  // namespace

void swigluForward(const void* gateUp, void* out, long long rows, int width, cudaStream_t stream) {
    const unsigned packs = width / 8, count = packsOf(rows, width);
    if (count == 0) return;
    forwardKernel<<<(count - 1) / kThreads + 1, kThreads, 0, stream>>>(static_cast<const __nv_bfloat16*>(gateUp),
                                                                       static_cast<__nv_bfloat16*>(out), count, packs);
}

void swigluBackward(const void* gateUp, const void* gradOut, void* gradGateUp, long long rows, int width,
                    cudaStream_t stream) {
    const unsigned packs = width / 8, count = packsOf(rows, width);
    if (count == 0) return;
    backwardKernel<<<(count - 1) / kThreads + 1, kThreads, 0, stream>>>(
        static_cast<const __nv_bfloat16*>(gateUp), static_cast<const __nv_bfloat16*>(gradOut),
        static_cast<__nv_bfloat16*>(gradGateUp), count, packs);
}

}  // namespace consa::kernels
