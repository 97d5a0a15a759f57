// Chunked linear and cross-entropy.
#include "core/model/chunked_loss.h"

#include <algorithm>

namespace consa {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr int64_t kChunkValues = int64_t{1} << 28;  // logits held at once: 1 GiB in float32

int64_t chunkRows(const Tensor& weight) {
    return std::max<int64_t>(256, kChunkValues / weight.size(0));
}

/// Calls visit(begin, rows of hidden, log-probabilities float32 [rows, vocabulary]) for each chunk.
template <typename Visit>
void forEachChunk(const Tensor& hidden, const Tensor& weight, Visit visit) {
    const int64_t rows = hidden.size(0), step = chunkRows(weight);
    for (int64_t begin = 0; begin < rows; begin += step) {
        const Tensor part = hidden.narrow(0, begin, std::min(step, rows - begin));
        visit(begin, part, torch::log_softmax(torch::matmul(part, weight.t()), -1, torch::kFloat32));
    }
}

Tensor pick(const Tensor& logProbabilities, const Tensor& targets) {
    return logProbabilities.gather(1, targets.unsqueeze(1)).squeeze(1);
}

class ChunkedLoss : public torch::autograd::Function<ChunkedLoss> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& hidden, const Tensor& weight, const Tensor& targets) {
        const bool needsGradient = hidden.requires_grad(), needsWeightGradient = weight.requires_grad();
        Tensor gradHidden, gradWeight;
        if (needsGradient) gradHidden = torch::empty_like(hidden);
        if (needsWeightGradient) gradWeight = torch::zeros(weight.sizes(), weight.options().dtype(torch::kFloat32));
        const double scale = 1.0 / static_cast<double>(hidden.size(0));
        Tensor total = torch::zeros({}, hidden.options().dtype(torch::kFloat32));
        forEachChunk(hidden, weight, [&](int64_t begin, const Tensor& part, Tensor logProbabilities) {
            const Tensor target = targets.narrow(0, begin, part.size(0));
            total -= pick(logProbabilities, target).sum();
            if (!needsGradient && !needsWeightGradient) return;
            Tensor gradLogits = logProbabilities.exp_();
            gradLogits.scatter_add_(1, target.unsqueeze(1), torch::full({part.size(0), 1}, -1.0, gradLogits.options()));
            gradLogits = gradLogits.mul_(scale).to(hidden.scalar_type());
            if (needsGradient) gradHidden.narrow(0, begin, part.size(0)).copy_(torch::matmul(gradLogits, weight));
            if (needsWeightGradient) gradWeight += torch::matmul(gradLogits.t(), part);
        });
        context->save_for_backward({gradHidden, gradWeight});
        context->saved_data["type"] = weight.scalar_type();
        return total * scale;
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const auto saved = context->get_saved_variables();
        const Tensor& scale = gradients[0];
        const auto type = context->saved_data["type"].toScalarType();
        return {saved[0].defined() ? saved[0] * scale.to(saved[0].scalar_type()) : Tensor(),
                saved[1].defined() ? (saved[1] * scale).to(type) : Tensor(), Tensor()};
    }
};

}  // namespace

Tensor chunkedNextTokenLoss(const Tensor& hidden, const Tensor& weight, const Tensor& targets) {
    return ChunkedLoss::apply(hidden, weight, targets);
}

Tensor nextTokenLosses(const Tensor& hidden, const Tensor& weight, const Tensor& targets) {
    const torch::InferenceMode inference;
    Tensor losses = torch::empty({hidden.size(0)}, hidden.options().dtype(torch::kFloat32));
    forEachChunk(hidden, weight, [&](int64_t begin, const Tensor& part, const Tensor& logProbabilities) {
        losses.narrow(0, begin, part.size(0)).copy_(-pick(logProbabilities, targets.narrow(0, begin, part.size(0))));
    });
    return losses;
}

}  // namespace consa
