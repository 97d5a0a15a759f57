// Kernels of sink_attention.h. Memory-bound as long as the arithmetic is cheap: a warp takes 16 rows at a time, a row
// being a (token, query head) of one KV head, and their products with the (up to 8) sinks go to tensor cores. Lane l
// reads 16 bytes of rows l / 4 and l / 4 + 8 from every 64: a product over dimensions doesn't mind their order, so
// those bytes are the fragments as they come.
#include "core/kernels/sink_attention.h"

#include "core/kernels/matrix_fragments.cuh"

#include <type_traits>

namespace consa::kernels {

namespace {

constexpr int kWarps = 4;
constexpr int kThreads = 32 * kWarps;
constexpr int kForwardTiles = 1, kBackwardTiles = 4;  // of a warp (measured; more sums a block need fewer atomic adds)
constexpr int kTileRows = 16;
constexpr int kChunk = 32;      // dimensions that four lanes read at once
static_assert(kMaxSinks == 8);  // columns of a Tile

/// A lane's part of two rows: pairs 4 c to 4 c + 3 are dimensions 32 c + 8 (lane % 4) and on.
template <int kChunks>
struct RowPair {
    Pair upper[4 * kChunks], lower[4 * kChunks];
};

/// A lane's part of one row. A row is read whole before any of it is written: reads between writes to the same lines
/// took five times as long.
template <int kChunks>
__device__ __forceinline__ void load(Pair* pairs, const void* base, long long at) {
    const uint4* from = reinterpret_cast<const uint4*>(static_cast<const __nv_bfloat16*>(base) + at) + threadIdx.x % 4;
#pragma unroll
    for (int c = 0; c < kChunks; ++c) reinterpret_cast<uint4*>(pairs)[c] = from[4 * c];
}

template <int kChunks>
__device__ __forceinline__ void store(const Pair* pairs, void* base, long long at) {
    uint4* to = reinterpret_cast<uint4*>(static_cast<__nv_bfloat16*>(base) + at) + threadIdx.x % 4;
#pragma unroll
    for (int c = 0; c < kChunks; ++c) to[4 * c] = reinterpret_cast<const uint4*>(pairs)[c];
}

__device__ __forceinline__ long long placeOf(const SinkAttention& s, long long tokenStride, int batch, int token,
                                             int head) {
    return (static_cast<long long>(batch) * s.tokens + token) * tokenStride + static_cast<long long>(head) * s.headDim;
}

/// The sinks' keys or values of the block's KV head as the right factor of a product over dimensions: lane l holds sink
/// l / 4, zero beyond the last.
template <int kChunks>
struct SinkRows {
    Pair pairs[4 * kChunks] = {};

    __device__ SinkRows(const SinkAttention& s, const HeadsIn& heads) {
        const int sink = static_cast<int>(threadIdx.x) % 32 / 4;
        if (sink < s.sinkTokens)
            load<kChunks>(
                pairs, heads.data,
                placeOf(s, heads.tokenStride, static_cast<int>(blockIdx.z), sink, static_cast<int>(blockIdx.x)));
    }
    /// rows x sinks: 16 x 8.
    __device__ __forceinline__ Tile productsWith(const RowPair<kChunks>& rows) const {
        Tile sum;
#pragma unroll
        for (int i = 0; i < 4 * kChunks; i += 2)
            multiplyAdd(sum, rows.upper[i], rows.lower[i], rows.upper[i + 1], rows.lower[i + 1], pairs[i],
                        pairs[i + 1]);
        return sum;
    }
};

/// One of a lane's two rows. Grid: x over KV heads, y over tiles, z over the batch: blocks that run together read whole
/// rows of memory.
struct Row {
    int token, head;
    int visible;  // sinks outside the query's window: the first so many; 0 beyond the end

    __device__ Row(const SinkAttention& s, int index) {
        const int group = s.queryHeads / s.kvHeads, place = index / group;
        token = min(place, s.tokens - 1);
        head = static_cast<int>(blockIdx.x) * group + index % group;
        visible = place < s.tokens ? min(s.sinkTokens, max(0, token - s.windowTokens + 1)) : 0;
    }
    __device__ long long at(const SinkAttention& s, long long tokenStride) const {
        return placeOf(s, tokenStride, static_cast<int>(blockIdx.z), token, head);
    }
    __device__ long long logSumExp(const SinkAttention& s) const {
        return (static_cast<long long>(blockIdx.z) * s.queryHeads + head) * s.tokens + token;
    }
};

/// The lane's rows of one of its warp's tiles.
struct TileRows {
    Row upper, lower;

    __device__ TileRows(const SinkAttention& s, int index) : upper(s, index), lower(s, index + kTileRows / 2) {}
    /// Of tile `tile` of the warp's `tiles`.
    __device__ static int indexOf(int tile, int tiles) {
        const int warp = static_cast<int>(blockIdx.y) * kWarps + static_cast<int>(threadIdx.x) / 32;
        return (warp * tiles + tile) * kTileRows + static_cast<int>(threadIdx.x) % 32 / 4;
    }
    /// Whether any row of the warp's sees a sink.
    __device__ bool anyVisible() const { return __any_sync(0xffffffffu, max(upper.visible, lower.visible) > 0); }
    template <int kChunks>
    __device__ RowPair<kChunks> load(const SinkAttention& s, const HeadsIn& heads) const {
        RowPair<kChunks> rows;
        kernels::load<kChunks>(rows.upper, heads.data, upper.at(s, heads.tokenStride));
        kernels::load<kChunks>(rows.lower, heads.data, lower.at(s, heads.tokenStride));
        return rows;
    }
    /// Writes the rows that see sinks.
    template <int kChunks>
    __device__ void store(const SinkAttention& s, const HeadsOut& heads, const RowPair<kChunks>& rows) const {
        if (upper.visible > 0) kernels::store<kChunks>(rows.upper, heads.data, upper.at(s, heads.tokenStride));
        if (lower.visible > 0) kernels::store<kChunks>(rows.lower, heads.data, lower.at(s, heads.tokenStride));
    }
};

/// Sum over the four lanes of a row.
__device__ __forceinline__ float rowSum(float value) {
    value += __shfl_xor_sync(0xffffffffu, value, 1);
    return value + __shfl_xor_sync(0xffffffffu, value, 2);
}

__device__ __forceinline__ float rowMax(float value) {
    value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, 1));
    return fmaxf(value, __shfl_xor_sync(0xffffffffu, value, 2));
}

/// rows <- rows scale + shares x sinks. `shares`: rows x sinks (upper, lower half); `sinks`: as SinkRows has them.
template <int kChunks>
__device__ __forceinline__ void addSinks(RowPair<kChunks>& rows, float upperScale, float lowerScale, const Pair* shares,
                                         const Pair* sinks) {
#pragma unroll
    for (int i = 0; i < 4 * kChunks; ++i) {
        const float2 upper = unpackPair(rows.upper[i]), lower = unpackPair(rows.lower[i]);
        Tile sum{{upper.x * upperScale, upper.y * upperScale, lower.x * lowerScale, lower.y * lowerScale}};
        multiplyAdd(sum, shares[0], shares[1], transposed(sinks[i]));
        rows.upper[i] = packPair(sum.values[0], sum.values[1]);
        rows.lower[i] = packPair(sum.values[2], sum.values[3]);
    }
}

/// Shares of a row's visible sinks, this lane's two, and of its window; the merged log-sum-exp.
struct RowShares {
    float sinks[2], window, merged;

    __device__ RowShares(const float* scores, float windowLse, int visible, float scale) {
        const int first = 2 * (static_cast<int>(threadIdx.x) % 4);
        float score[2], highest = windowLse;
#pragma unroll
        for (int j = 0; j < 2; ++j) {
            score[j] = first + j < visible ? scores[j] * scale : -HUGE_VALF;
            highest = fmaxf(highest, score[j]);
        }
        highest = rowMax(highest);
        const float total = rowSum(__expf(score[0] - highest) + __expf(score[1] - highest));
        merged = highest + __logf(total + __expf(windowLse - highest));
#pragma unroll
        for (int j = 0; j < 2; ++j) sinks[j] = __expf(score[j] - merged);
        window = __expf(windowLse - merged);
    }
};

template <int kChunks>
__global__ void __launch_bounds__(kThreads) forwardKernel(SinkAttention s, HeadsOut out, float* logSumExp) {
    const SinkRows<kChunks> keys(s, s.k), values(s, s.v);
#pragma unroll 1
    for (int tile = 0; tile < kForwardTiles; ++tile) {
        __syncwarp();
        const TileRows rows(s, TileRows::indexOf(tile, kForwardTiles));
        if (!rows.anyVisible()) continue;
        const RowPair<kChunks> q = rows.load<kChunks>(s, s.q);
        RowPair<kChunks> merged = rows.load<kChunks>(s, {out.data, out.tokenStride});
        float *upperLse = logSumExp + rows.upper.logSumExp(s), *lowerLse = logSumExp + rows.lower.logSumExp(s);
        const Tile scores = keys.productsWith(q);
        const RowShares upper(scores.values, *upperLse, rows.upper.visible, s.scale);
        const RowShares lower(scores.values + 2, *lowerLse, rows.lower.visible, s.scale);
        const Pair shares[2] = {packPair(upper.sinks[0], upper.sinks[1]), packPair(lower.sinks[0], lower.sinks[1])};
        addSinks(merged, upper.window, lower.window, shares, values.pairs);
        rows.store<kChunks>(s, out, merged);
        const bool isFirst = threadIdx.x % 4 == 0;
        if (isFirst && rows.upper.visible > 0) *upperLse = upper.merged;
        if (isFirst && rows.lower.visible > 0) *lowerLse = lower.merged;
    }
}

/// Sums over rows of weight x row for every sink, transposed: dimensions x sinks.
template <int kChunks>
struct SinkSums {
    Tile tiles[2 * kChunks];

    /// `weights`: rows x sinks of the tile (upper, lower half), transposed.
    __device__ __forceinline__ void add(const RowPair<kChunks>& rows, const Pair* weights) {
#pragma unroll
        for (int i = 0; i < 4 * kChunks; i += 2)
            multiplyAdd(tiles[i / 2], transposed(rows.upper[i]), transposed(rows.upper[i + 1]),
                        transposed(rows.lower[i]), transposed(rows.lower[i + 1]), weights[0], weights[1]);
    }
    /// Adds the sums of the block's other warps to those of its first, through shared memory.
    __device__ void gather(float* shared) {
        constexpr int kValues = 8 * kChunks;
        const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
        __syncthreads();
        if (warp > 0)
#pragma unroll
            for (int i = 0; i < kValues; ++i)
                shared[((warp - 1) * kValues + i) * 32 + lane] = tiles[i / 4].values[i % 4];
        __syncthreads();
        if (warp > 0) return;
        for (int other = 0; other < kWarps - 1; ++other)
#pragma unroll
            for (int i = 0; i < kValues; ++i) tiles[i / 4].values[i % 4] += shared[(other * kValues + i) * 32 + lane];
    }
    /// Adds to an accumulator [batch, sinkTokens, kvHeads, headDim]; the first warp only.
    __device__ void addTo(float* sums, const SinkAttention& s, int kvHeads, int kvHead) const {
        const int lane = static_cast<int>(threadIdx.x), sink = 2 * (lane % 4);
        if (lane >= 32) return;
#pragma unroll
        for (int i = 0; i < 8 * kChunks; ++i) {
            const int pair = i / 4 * 2 + i % 4 / 2, j = sink + i % 2;  // pair: as RowPair has them
            const int dimension = pair / 4 * kChunk + lane / 4 / 2 * 8 + pair % 4 * 2 + lane / 4 % 2;
            if (j >= s.sinkTokens) continue;
            const long long head = (static_cast<long long>(blockIdx.z) * s.sinkTokens + j) * kvHeads + kvHead;
            atomicAdd(sums + head * s.headDim + dimension, tiles[i / 4].values[i % 4]);
        }
    }
};

/// Dot product of a lane's parts of two rows.
template <int kChunks>
__device__ __forceinline__ float dot(const Pair* a, const Pair* b) {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < 4 * kChunks; ++i) {
        const float2 left = unpackPair(a[i]), right = unpackPair(b[i]);
        sum += left.x * right.x + left.y * right.y;
    }
    return sum;
}

/// A row's shares of this lane's two sinks, and the gradients by their scores (times scale).
struct RowGradients {
    float shares[2], scores[2];

    __device__ RowGradients(const float* score, const float* along, float delta, float lse, int visible, float scale) {
        const int first = 2 * (static_cast<int>(threadIdx.x) % 4);
#pragma unroll
        for (int j = 0; j < 2; ++j) {
            shares[j] = first + j < visible ? __expf(score[j] * scale - lse) : 0;
            scores[j] = shares[j] * (along[j] - delta) * scale;
        }
    }
};

template <int kChunks>
__global__ void __launch_bounds__(kThreads) backwardKernel(SinkAttention s, SinkGradients g) {
    __shared__ float shared[(kWarps - 1) * 8 * kChunks * 32];
    const SinkRows<kChunks> keys(s, s.k), values(s, s.v);
    SinkSums<kChunks> sumK, sumV;
#pragma unroll 1
    for (int tile = 0; tile < kBackwardTiles; ++tile) {
        __syncwarp();
        const TileRows rows(s, TileRows::indexOf(tile, kBackwardTiles));
        if (!rows.anyVisible()) continue;
        const RowPair<kChunks> q = rows.load<kChunks>(s, s.q), gradient = rows.load<kChunks>(s, g.gradOut);
        const RowPair<kChunks> out = rows.load<kChunks>(s, g.out);
        const float upperLse = g.logSumExp[rows.upper.logSumExp(s)], lowerLse = g.logSumExp[rows.lower.logSumExp(s)];
        const float upperDelta = rowSum(dot<kChunks>(gradient.upper, out.upper));
        const float lowerDelta = rowSum(dot<kChunks>(gradient.lower, out.lower));
        RowPair<kChunks> gradQ = rows.load<kChunks>(s, {g.gradQ.data, g.gradQ.tokenStride});
        const Tile scores = keys.productsWith(q), along = values.productsWith(gradient);
        const RowGradients upper(scores.values, along.values, upperDelta, upperLse, rows.upper.visible, s.scale);
        const RowGradients lower(scores.values + 2, along.values + 2, lowerDelta, lowerLse, rows.lower.visible,
                                 s.scale);
        const Pair byScore[2] = {packPair(upper.scores[0], upper.scores[1]),
                                 packPair(lower.scores[0], lower.scores[1])};
        const Pair shares[2] = {packPair(upper.shares[0], upper.shares[1]), packPair(lower.shares[0], lower.shares[1])};
        addSinks(gradQ, 1, 1, byScore, keys.pairs);
        rows.store<kChunks>(s, g.gradQ, gradQ);
        const Pair scoresBySink[2] = {transposed(byScore[0]), transposed(byScore[1])};
        const Pair sharesBySink[2] = {transposed(shares[0]), transposed(shares[1])};
        sumK.add(q, scoresBySink);
        sumV.add(gradient, sharesBySink);
    }
    const int kvHead = g.firstKvHead + static_cast<int>(blockIdx.x);
    sumK.gather(shared);
    sumK.addTo(g.gradSinkK, s, g.kvHeads, kvHead);
    sumV.gather(shared);
    sumV.addTo(g.gradSinkV, s, g.kvHeads, kvHead);
}

bool seesSinks(const SinkAttention& s) {
    return s.sinkTokens > 0 && s.tokens > s.windowTokens && s.batch > 0 && s.kvHeads > 0;
}

/// Calls launch(chunks, grid) with the template argument that fits this call, for warps of `tiles` tiles.
template <typename Launch>
void withSizes(const SinkAttention& s, int tiles, Launch launch) {
    if (!seesSinks(s)) return;
    const int perBlock = kTileRows * tiles * kWarps;
    const long long rows = static_cast<long long>(s.tokens) * (s.queryHeads / s.kvHeads);
    const dim3 grid(static_cast<unsigned>(s.kvHeads), static_cast<unsigned>((rows + perBlock - 1) / perBlock),
                    static_cast<unsigned>(s.batch));
    switch (s.headDim / kChunk) {
        case 1:
            return launch(std::integral_constant<int, 1>(), grid);
        case 2:
            return launch(std::integral_constant<int, 2>(), grid);
        case 3:
            return launch(std::integral_constant<int, 3>(), grid);
        default:
            return launch(std::integral_constant<int, 4>(), grid);
    }
}

}  // namespace

void mergeSinksForward(const SinkAttention& sinks, HeadsOut out, float* logSumExp, cudaStream_t stream) {
    withSizes(sinks, kForwardTiles, [&](auto chunks, dim3 grid) {
        forwardKernel<chunks()><<<grid, kThreads, 0, stream>>>(sinks, out, logSumExp);
    });
}

void mergeSinksBackward(const SinkAttention& sinks, const SinkGradients& gradients, cudaStream_t stream) {
    withSizes(sinks, kBackwardTiles, [&](auto chunks, dim3 grid) {
        backwardKernel<chunks()><<<grid, kThreads, 0, stream>>>(sinks, gradients);
    });
}

}  // namespace consa::kernels
