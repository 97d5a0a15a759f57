// Kernel of rotary.h: memory-bound, a thread for eight values of each half of a head.
#include "core/kernels/rotary.h"

#include "core/kernels/bfloat_pack.cuh"

namespace consa::kernels {

namespace {

constexpr int kThreads = 256;

__global__ void rotateKernel(Rotary rotary, int packsPerHalf, long long count) {
    const long long index = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
    if (index >= count) return;
    const int pack = static_cast<int>(index % packsPerHalf);
    int heads = 0;
    for (const RotaryPart& part : rotary.parts) heads += part.heads;
    int head = static_cast<int>(index / packsPerHalf % heads);
    const long long row = index / packsPerHalf / heads;
    int which = 0;
    while (head >= rotary.parts[which].heads) head -= rotary.parts[which++].heads;
    const RotaryPart& part = rotary.parts[which];

    const long long batch = row / rotary.tokens, token = row % rotary.tokens;
    const auto* in = static_cast<const __nv_bfloat16*>(part.in) + batch * part.inBatchStride +
                     token * part.inTokenStride + head * part.inHeadStride + pack * 8;
    auto* out = static_cast<__nv_bfloat16*>(part.out) + batch * part.outBatchStride + token * part.outTokenStride +
                head * part.outHeadStride + pack * 8;
    const int half = rotary.headDim / 2;
    const Pack8 first = loadPack(in), second = loadPack(in + half);
    if (!part.isRotated) {
        storePack(out, first);
        storePack(out + half, second);
        return;
    }
    const float* cosine = rotary.cosine + token * half + pack * 8;
    const float* sine = rotary.sine + token * half + pack * 8;
    Pack8 low, high;
#pragma unroll
    for (int i = 0; i < 8; ++i) {
        const float c = cosine[i], s = rotary.isBackward ? -sine[i] : sine[i];
        low.values[i] = first.values[i] * c - second.values[i] * s;
        high.values[i] = second.values[i] * c + first.values[i] * s;
    }
    storePack(out, low);
    storePack(out + half, high);
}

}  // namespace

void rotate(const Rotary& rotary, cudaStream_t stream) {
    long long heads = 0;
    for (const RotaryPart& part : rotary.parts) heads += part.heads;
    const int packsPerHalf = rotary.headDim / 16;
    const long long count = heads * rotary.batch * rotary.tokens * packsPerHalf;
    const auto blocks = static_cast<unsigned>((count + kThreads - 1) / kThreads);
    if (blocks > 0) rotateKernel<<<blocks, kThreads, 0, stream>>>(rotary, packsPerHalf, count);
}

}  // namespace consa::kernels
