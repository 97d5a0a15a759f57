// Random queries, keys and values, and how far a result is from what it should be.
#pragma once

#include "core/model/torch_api.h"

#include <cstdint>

namespace consa::test {

struct AttentionInputs {
    torch::Tensor q, k, v;  // float64 [batch, tokens, heads or kvHeads, dim]
};

inline AttentionInputs randomInputs(std::int64_t batch, int tokens, int heads, int kvHeads, int dim,
                                    std::uint64_t seed) {
    auto generator = at::detail::createCPUGenerator(seed);
    const auto normal = [&](std::int64_t count) {
        return torch::randn({batch, tokens, count, dim}, generator, torch::kFloat64);
    };
    return {normal(heads), normal(kvHeads), normal(kvHeads)};
}

/// |x - exact| / |exact|, in float64 on the CPU.
inline double relativeError(const torch::Tensor& x, const torch::Tensor& exact) {
    const torch::Tensor wanted = exact.to(torch::kCPU, torch::kFloat64);
    return ((x.to(torch::kCPU, torch::kFloat64) - wanted).norm() / wanted.norm().clamp_min(1e-30)).item<double>();
}

}  // namespace consa::test
