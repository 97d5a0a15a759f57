// Draws A and takes gradients apart.
#include "core/training/low_rank_update.h"

#include <cmath>

namespace consa {

LowRankUpdate LowRankUpdate::around(const torch::Tensor& base, int rank, double alpha, std::uint64_t seed) {
    const auto generator = at::detail::createCPUGenerator(seed);
    const torch::Tensor drawn = torch::randn({rank, base.size(1)}, generator, torch::kFloat32);
    const double deviation = 1 / std::sqrt(static_cast<double>(base.size(1)));
    return {base, (drawn * deviation).to(base.options()), torch::zeros({base.size(0), rank}, base.options()),
            alpha / rank};
}

std::array<torch::Tensor, 2> LowRankUpdate::gradients(const torch::Tensor& byValue) const {
    const torch::Tensor gradient = byValue.to(base.scalar_type());
    return {torch::matmul(b.t(), gradient).mul_(scale), torch::matmul(gradient, a.t()).mul_(scale)};
}

}  // namespace consa
