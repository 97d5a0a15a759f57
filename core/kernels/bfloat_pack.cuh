// Eight bfloat16 values at once: one 16-byte access, float32 in registers.
#pragma once

#include <cuda_bf16.h>

namespace consa::kernels {

struct Pack8 {
    float values[8];
};

__device__ __forceinline__ Pack8 unpack(const uint4& raw) {
    const auto* pairs = reinterpret_cast<const __nv_bfloat162*>(&raw);
    Pack8 pack;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const float2 pair = __bfloat1622float2(pairs[i]);
        pack.values[2 * i] = pair.x;
        pack.values[2 * i + 1] = pair.y;
    }
    return pack;
}

__device__ __forceinline__ Pack8 loadPack(const __nv_bfloat16* from) {
    return unpack(*reinterpret_cast<const uint4*>(from));
}

__device__ __forceinline__ void storePack(__nv_bfloat16* to, const Pack8& pack) {
    uint4 raw;
    auto* pairs = reinterpret_cast<__nv_bfloat162*>(&raw);
#pragma unroll
    for (int i = 0; i < 4; ++i) pairs[i] = __floats2bfloat162_rn(pack.values[2 * i], pack.values[2 * i + 1]);
    *reinterpret_cast<uint4*>(to) = raw;
}

}  // namespace consa::kernels
