// Trained weights over the model's checkpoint, and on to the export of models.
#include "core/session/run_export.h"

#include "core/base/error.h"
#include "core/checkpoint/hf_checkpoint.h"
#include "core/checkpoint/hf_export.h"
#include "core/checkpoint/overlay_checkpoint.h"
#include "core/model/transformer_loader.h"
#include "core/session/trained_weights.h"

#include <map>
#include <memory>

namespace consa {

namespace {

std::unique_ptr<Checkpoint> trainedCheckpoint(const Checkpoint& base, const RunFolder& run) {
    const Transformer model = trainedModel(base, run, torch::kCPU, torch::kFloat32, {});
    std::map<std::string, std::vector<float>> values;
    for (const auto& [name, weight] : namedWeights(model)) {
        const auto* first = weight.data_ptr<float>();
        values[name] = {first, first + weight.numel()};
    }
    return overlayCheckpoint(base, std::move(values));
}

/// The plan for the layout; where it can't be expressed, for the plain model, and why.
HuggingFacePlan planOf(const ModelConfig& config, const LayoutFile& file, ExportedRun& result) {
    try {
        HuggingFacePlan plan = planHuggingFaceExport(config, file);
        result.hasLayout = true;
        result.losses = plan.losses;
        return plan;
    } catch (const Error& error) {
        result.losses = {std::string("the layout, which is in layout.json alone: ") + error.what()};
    }
    LayoutFile full = file;
    full.layout = AttentionLayout(file.layout.grid, true);
    return planHuggingFaceExport(config, full);
}

}  // namespace

ExportedRun exportRun(const std::filesystem::path& runFolder, const std::filesystem::path& target,
                      const std::function<void(double)>& progress) {
    const RunFolder run = RunFolder::open(runFolder);
    const RunRecord& record = run.record();
    const std::unique_ptr<Checkpoint> base = openCheckpoint(record.config.model);
    if (base->fingerprint() != record.modelFingerprint)
        throw Error(runFolder.string() + " was made with another version of the model " + record.config.model +
                    "; put that file back to export it.");
    const LayoutFile file = readLayoutFile(runFolder / "layout.json");
    ExportedRun result;
    const HuggingFacePlan plan = planOf(base->config(), file, result);
    result.architecture = plan.config.architecture;
    HuggingFaceExport how;
    how.folder = target;
    if (base->format() == "safetensors") how.sourceFolder = huggingFaceFolder(resolveModelPath(record.config.model));
    how.weights =
        record.dataType == toString(DataType::BFloat16) ? ExportedWeights::BFloat16 : ExportedWeights::Float32;
    how.progress = progress;
    writeHuggingFaceFolder(*trainedCheckpoint(*base, run), plan, how);
    writeLayoutFile(target / "layout.json", file);
    return result;
}

}  // namespace consa
