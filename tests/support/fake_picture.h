// What the session without a model shows: an opened model, and what its gates say.
#pragma once

#include "core/session/session_command.h"
#include "core/session/session_snapshot.h"

#include <cmath>
#include <string>

namespace consa {

/// Fills in the model and text that `command` asked for, in a shape of the test's choice.
inline void openInto(SessionSnapshot& snapshot, const OpenCommand& command, int layerCount, int kvHeadCount) {
    ModelConfig model;
    model.name = command.model == "demo" ? "Demo" : "SmolLM2-135M-Instruct";
    model.architecture = "llama";
    model.layerCount = layerCount;
    model.kvHeadCount = kvHeadCount;
    model.queryHeadCount = 3 * kvHeadCount;
    model.headDim = 64;
    model.hiddenSize = model.queryHeadCount * model.headDim;
    model.contextTokens = 8192;
    snapshot.model = model;
    snapshot.corpus = CorpusSummary{command.corpus.empty() ? "" : command.corpus.front(), 900000, 60000, 60000, 120};
    snapshot.device = {"CPU, 2 threads", false, 1'900'000'000, 25'000'000'000};
    snapshot.config = defaultTrainingConfig(command.model, false);
    snapshot.target = snapshot.config.target;
    snapshot.grid = model.grid(Granularity::KvHead);
}

/// Probabilities, expected sparsity and how many gates are undecided, from log alpha and pins.
inline void readGates(SessionSnapshot& snapshot) {
    snapshot.probability.resize(snapshot.logAlpha.size());
    double sliding = 0;
    snapshot.undecidedCount = 0;
    for (std::size_t unit = 0; unit < snapshot.logAlpha.size(); ++unit) {
        const double closed = 1 / (1 + std::exp(1.599 + snapshot.logAlpha[unit]));
        snapshot.probability[unit] = 1 - closed;
        sliding += closed;
        if (std::abs(snapshot.logAlpha[unit]) < 2) ++snapshot.undecidedCount;
    }
    snapshot.expectedSparsity = snapshot.logAlpha.empty() ? 0 : sliding / static_cast<double>(snapshot.logAlpha.size());
    snapshot.isSettled = std::abs(snapshot.expectedSparsity - snapshot.target) < 0.01;
    for (const Pin& pin : snapshot.pins)
        snapshot.probability[static_cast<std::size_t>(pin.layer * snapshot.grid.unitsPerLayer() + pin.unit)] =
            pin.isFull ? 1 : 0;
}

}  // namespace consa
