// Warp-wide products of small bfloat16 matrices on tensor cores, as PTX's mma.m16n8 lays out their fragments: lane l
// holds rows l / 4 and l / 4 + 8, columns 2 (l % 4) and the next.
#pragma once

#include <cuda_bf16.h>

namespace consa::kernels {

/// Two bfloat16 values of a fragment.
using Pair = unsigned;

/// float32 16 x 8: [0], [1] of the lane's first row, [2], [3] of its second.
struct Tile {
    float values[4] = {};
};

__device__ __forceinline__ Pair packPair(float first, float second) {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(first, second);
    return reinterpret_cast<const Pair&>(pair);
}

__device__ __forceinline__ float2 unpackPair(Pair pair) {
    return __bfloat1622float2(reinterpret_cast<const __nv_bfloat162&>(pair));
}

/// The transposed 8 x 8 matrix: lane l's pair of row l / 4 becomes that of column l / 4.
__device__ __forceinline__ Pair transposed(Pair matrix) {
    Pair result;
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(result) : "r"(matrix));
    return result;
}

/// sum += a b with a 16 x 16 (its 8 x 8 quarters: upper left, lower left, upper right, lower right) and b 16 x 8
/// (upper, lower half), b's lanes holding columns.
__device__ __forceinline__ void multiplyAdd(Tile& sum, Pair a0, Pair a1, Pair a2, Pair a3, Pair b0, Pair b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(sum.values[0]), "+f"(sum.values[1]), "+f"(sum.values[2]), "+f"(sum.values[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

/// The same with a 16 x 8 (upper, lower half) and b 8 x 8.
__device__ __forceinline__ void multiplyAdd(Tile& sum, Pair a0, Pair a1, Pair b0) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                 : "+f"(sum.values[0]), "+f"(sum.values[1]), "+f"(sum.values[2]), "+f"(sum.values[3])
                 : "r"(a0), "r"(a1), "r"(b0));
}

}  // namespace consa::kernels
