// A low-rank update of one weight matrix (LoRA: Hu et al., arXiv 2106.09685).
#pragma once

#include "core/model/torch_api.h"

#include <array>
#include <cstdint>

namespace consa {

/// W = W0 + scale B A, all in one format, float32 for use.
struct LowRankUpdate {
    torch::Tensor base;  // W0, [out, in]
    torch::Tensor a;     // [rank, in]
    torch::Tensor b;     // [out, rank]
    double scale = 1;    // alpha / rank

    /// A normal with variance 1 / in, drawn from `seed` the same on every device; B zero, so that W is W0 at first.
    [[nodiscard]] static LowRankUpdate around(const torch::Tensor& base, int rank, double alpha, std::uint64_t seed);
    /// W.
    [[nodiscard]] torch::Tensor value() const { return torch::addmm(base, b, a, 1, scale); }
    /// The gradients by A and B from that by W, [out, in]: scale B^T dW and scale dW A^T.
    [[nodiscard]] std::array<torch::Tensor, 2> gradients(const torch::Tensor& byValue) const;
};

}  // namespace consa
