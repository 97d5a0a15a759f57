// Chunked linear and cross-entropy.
#include "core/model/chunked_loss.h"

#include "core/model/fused_elementwise.h"

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

/// Losses of rows of hidden states [rows, hidden] and, with gradScale not 0, the gradient of their sum times gradScale
/// in the logits [rows, vocabulary].
struct ChunkLosses {
    Tensor losses;      // float32 [rows]
    Tensor gradLogits;  // in the format of `weight`; undefined without gradScale
};

ChunkLosses chunkLosses(const Tensor& hidden, const Tensor& weight, const Tensor& targets, double gradScale) {
    Tensor logits = torch::matmul(hidden, weight.t());
    constexpr int64_t kFusedMultiple = 8;
    if (canFuseElementwise(logits) && logits.size(1) % kFusedMultiple == 0) {
        Tensor losses = fusedCrossEntropy(logits, targets, gradScale);
        return {losses, gradScale != 0 ? logits : Tensor()};
    }
    Tensor logProbabilities = torch::log_softmax(logits, -1, torch::kFloat32);
    const Tensor losses = -logProbabilities.gather(1, targets.unsqueeze(1)).squeeze(1);
    if (gradScale == 0) return {losses, {}};
    Tensor gradLogits = logProbabilities.exp_();
    gradLogits.scatter_add_(1, targets.unsqueeze(1), torch::full({targets.size(0), 1}, -1.0, gradLogits.options()));
    return {losses, gradLogits.mul_(gradScale).to(hidden.scalar_type())};
}

/// Calls visit(begin, rows of hidden [rows, hidden], their targets [rows]) for each chunk.
template <typename Visit>
void forEachChunk(const Tensor& hidden, const Tensor& weight, const Tensor& targets, Visit visit) {
    const int64_t rows = hidden.size(0), step = chunkRows(weight);
    for (int64_t begin = 0; begin < rows; begin += step) {
        const int64_t count = std::min(step, rows - begin);
        visit(begin, hidden.narrow(0, begin, count), targets.narrow(0, begin, count));
    }
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
        const double gradScale = needsGradient || needsWeightGradient ? scale : 0;
        forEachChunk(hidden, weight, targets, [&](int64_t begin, const Tensor& part, const Tensor& target) {
            const auto [losses, gradLogits] = chunkLosses(part, weight, target, gradScale);
            total += losses.sum();
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
    forEachChunk(hidden, weight, targets, [&](int64_t begin, const Tensor& part, const Tensor& target) {
        losses.narrow(0, begin, part.size(0)).copy_(chunkLosses(part, weight, target, 0).losses);
    });
    return losses;
}

}  // namespace consa
