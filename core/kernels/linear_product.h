// Products with a layer's weights, by whichever of cuBLASLt's algorithms was fastest for their shape on this GPU.
#pragma once

#include <cuda_runtime_api.h>

struct cublasLtContext;

namespace consa::kernels {

/// out [rows, outWidth] = x [rows, inWidth] times weights; bfloat16, contiguous, summed in float32.
struct LinearProduct {
    const void* x = nullptr;
    const void* weights = nullptr;  // [outWidth, inWidth] when they are transposed (a linear layer), else
                                    // [inWidth, outWidth] (its gradient by x)
    void* out = nullptr;            // no part of x or weights
    long long rows = 0;
    int inWidth = 0;   // a multiple of 8
    int outWidth = 0;  // likewise
    bool isTransposed = false;
};

/// Times the algorithms that cuBLASLt proposes for a shape at its first use, some milliseconds in which the stream is
/// waited for, and keeps the fastest. None of them cuts the sum over inWidth into parts, and none needs memory of its
/// own. For one thread at a time.
class LinearProducts {
public:
    LinearProducts();
    ~LinearProducts();
    LinearProducts(const LinearProducts&) = delete;
    LinearProducts& operator=(const LinearProducts&) = delete;

    /// False, with nothing done, when cuBLASLt has no algorithm for these shapes and addresses.
    /// Throws DeviceError with cuBLASLt's words when it fails otherwise.
    [[nodiscard]] bool run(cublasLtContext* handle, const LinearProduct& product, cudaStream_t stream);

private:
    struct Plans;
    Plans* m_plans;
};

}  // namespace consa::kernels
