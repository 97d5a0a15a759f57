// Loads, converts, keeps and restores weights that move.
#include "core/session/trained_weights.h"

#include "core/checkpoint/mapped_file.h"
#include "core/checkpoint/safetensors_file.h"
#include "core/model/transformer_loader.h"
#include "core/training/run_cost.h"

#include <map>
#include <utility>

namespace consa {

namespace {

std::vector<float> valuesOf(const torch::Tensor& tensor) {
    const torch::NoGradGuard noGradients;
    const torch::Tensor host = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
    const auto* values = host.data_ptr<float>();
    return {values, values + host.numel()};
}

torch::Tensor readTensor(const SafetensorsFile& file, const std::string& name, const torch::Device& device) {
    const StoredTensor* stored = file.find(name);
    const torch::Tensor values = torch::tensor(file.readFloat32(name));
    return values.view(stored->info.shape).to(device);
}

/// Overwrites `weights` by the masters in `file`, or adds its low-rank updates.
void readTrained(const SafetensorsFile& file, const TrainingConfig& config, const TransformerWeights& weights) {
    for (const auto& [name, weight] : weights.named()) {
        if (file.find(name) != nullptr) {
            weight.copy_(readTensor(file, name, weight.device()));
        } else if (file.find(name + ".a") != nullptr) {
            const LowRankUpdate update{weight, readTensor(file, name + ".a", weight.device()),
                                       readTensor(file, name + ".b", weight.device()),
                                       config.loraAlpha / config.loraRank};
            weight.copy_(update.value());
        }
    }
}

}  // namespace

TrainedWeights::TrainedWeights(const OpenedModel& opened, const TrainingConfig& config, torch::ScalarType type,
                               const OpeningProgress& progress)
    : TrainedWeights(
          opened.config(),
          opened.load(torch::kFloat32, bytesPerMovedWeight(config.loraRank, int(c10::elementSize(type))), progress)
              .weights(),
          config, type) {}

TrainedWeights::TrainedWeights(const ModelConfig& config, TransformerWeights precise, const TrainingConfig& training,
                               torch::ScalarType type)
    : m_model(config, type == torch::kFloat32 ? precise : precise.copiedAs(type)),
      m_optimiser(m_model, precise, training) {}

const Transformer& TrainedWeights::as(torch::ScalarType type) {
    if (type == m_model.weights().embedding.scalar_type()) return m_model;
    if (m_convertedAtStep != m_optimiser.stepsDone() || m_convertedType != type) {
        m_converted.reset();
        m_converted.emplace(m_model.config(), m_optimiser.weightsAs(type));
        m_convertedType = type;
        m_convertedAtStep = m_optimiser.stepsDone();
    }
    return *m_converted;
}

WeightState TrainedWeights::state() const {
    std::map<std::string, torch::Tensor> byName;
    WeightState result;
    for (const auto& [name, tensor] : m_optimiser.state()) {
        result.tensors.push_back({name, tensor.sizes().vec(), StorageType::F32});
        byName[name] = tensor;
    }
    result.values = [byName](const TensorPlan& plan) { return valuesOf(byName.at(plan.name)); };
    return result;
}

void TrainedWeights::restore(const std::filesystem::path& file) {
    const MappedFile mapped(file);
    const SafetensorsFile tensors(mapped.bytes(), file.string());
    m_optimiser.restore([&](const std::string& name) { return torch::tensor(tensors.readFloat32(name)); });
    m_convertedAtStep = -1;
}

Transformer trainedModel(const Checkpoint& checkpoint, const RunFolder& folder, const torch::Device& device,
                         torch::ScalarType type, const OpeningProgress& progress) {
    const torch::NoGradGuard noGradients;
    const std::string& name = checkpoint.config().name;
    const TransformerWeights weights = loadTransformer(checkpoint, device, torch::kFloat32, [&](double share) {
                                           if (progress) progress(share, "Loading the trained weights of " + name);
                                       }).weights();
    if (const std::filesystem::path path = folder.weightsFile(); !path.empty()) {
        const MappedFile mapped(path);
        const SafetensorsFile file(mapped.bytes(), path.string());
        readTrained(file, folder.record().config, weights);
    }
    return {checkpoint.config(), type == torch::kFloat32 ? weights : weights.copiedAs(type)};
}

}  // namespace consa
