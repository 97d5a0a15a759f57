// The three losses.
#include "core/training/training_loss.h"

#include "core/model/chunked_loss.h"

namespace consa {

namespace {

using torch::Tensor;

ModelGates allFull(const ModelConfig& config, const ModelGates& like) {
    const auto heads = static_cast<std::size_t>(config.layerCount * config.kvHeadCount);
    return {std::vector<double>(heads, 1.0), {}, like.windowTokens, like.sinkTokens};
}

Tensor relativeError(const Tensor& hidden, const Tensor& teacher) {
    const Tensor wanted = teacher.to(torch::kFloat32);
    return (hidden.to(torch::kFloat32) - wanted).square().sum() / wanted.square().sum();
}

}  // namespace

Tensor trainingLoss(TrainingLoss kind, const Transformer& model, const Transformer& teacher, const Tensor& ids,
                    const ModelGates& gates, const CancellationCheck& check) {
    if (kind == TrainingLoss::NextToken) return model.loss(ids, gates, check);
    const Tensor inputs = ids.narrow(1, 0, ids.size(1) - 1);
    Tensor wanted;
    {
        const torch::NoGradGuard noGradients;
        wanted = teacher.hidden(inputs, allFull(teacher.config(), gates), check).flatten(0, 1);
    }
    const Tensor hidden = model.hidden(inputs, gates, check).flatten(0, 1);
    if (kind == TrainingLoss::DistillHidden) return relativeError(hidden, wanted);
    return chunkedDistillationLoss(hidden, model.weights().head, wanted, teacher.weights().head);
}

}  // namespace consa
