// One gate-learning step after another: no thread, no clock, no file.
#pragma once

#include "core/model/transformer.h"
#include "core/text/batch_sampler.h"
#include "core/text/token_corpus.h"
#include "core/training/gate_learner.h"
#include "core/training/training_config.h"
#include "core/training/weight_optimiser.h"

#include <optional>
#include <span>

namespace consa {

/// What one step yielded.
struct StepResult {
    std::int64_t step = 0;  // its index, 0-based
    double loss = 0;        // the run's loss under the sampled gates (see TrainingLoss for its unit)
    double objective = 0;   // loss + the constraint's terms
    double expectedSparsity = 0;
    double scheduledTarget = 0;
    double multiplier = 0;  // mean over the layers under Scope::PerLayer
};

/// What a trainer works with beside model and texts.
struct TrainerParts {
    const Transformer* teacher = nullptr;     // for distillation: the model as it was; null for the model itself
    std::optional<AttentionLayout> layout{};  // held in LearningMode::Recover
    WeightOptimiser* weights = nullptr;  // of the model; needed in the modes that move weights, unused in the other
    int mostWindowsAtOnce = 0;  // between a forward and its backward pass, at most; 0: as many as the device's memory
                                // holds, which it must say by failing
};

/// Learns gates, weights or both under the sparsity constraint. Borrows model, corpus, teacher and weights.
class Trainer {
public:
    /// Throws Error (BadInput) when the config does not fit the model or the corpus has no window of that context.
    Trainer(const Transformer& model, const TokenCorpus& corpus, TrainingConfig config, TrainerParts parts = {});

    /// Takes one step: sample gates, loss and gradient, constraint, update. What `check` throws leaves the state
    /// unchanged. Throws Error (RunFailed) when loss or gradient is not finite, and MemoryExhausted when the device's
    /// memory does not hold the pass even of one window at a time.
    StepResult step(const CancellationCheck& check = {});

    /// Moves the target from where its ramp stands, reached after rampSteps further steps. The run lasts until it has
    /// settled there: settlingSteps() more.
    void retarget(double target, int rampSteps);
    void setPins(const std::vector<Pin>& pins);
    /// Makes the gates round to `layout`.
    void adopt(const AttentionLayout& layout) { m_gates.adopt(layout); }
    void setFrozen(bool isFrozen) { m_gates.setFrozen(isFrozen); }
    void setMultipliersHeld(bool areHeld) { m_gates.setMultipliersHeld(areHeld); }
    /// Plans `stepCount` steps in all (the learning rate's schedule follows it).
    void setStepCount(int stepCount) { m_config.stepCount = stepCount; }

    [[nodiscard]] const TrainingConfig& config() const { return m_config; }
    [[nodiscard]] const GateLearner& gates() const { return m_gates; }
    [[nodiscard]] std::int64_t stepsDone() const { return m_gates.stepsDone(); }
    /// The gates rounded to exactly the budget of `sparsity`; in LearningMode::Recover the layout that is held.
    [[nodiscard]] AttentionLayout layoutAt(double sparsity) const;

    [[nodiscard]] TrainerState state() const;
    /// Also back to an earlier step of the same run.
    void restore(const TrainerState& state);

private:
    /// The gates of the step to come, one for each part of the batch: sampled, or the layout that is held.
    [[nodiscard]] std::vector<GateBank::Sample> samples() const;
    /// What the batch's passes yielded.
    struct Measured {
        double loss = 0;
        std::vector<std::vector<double>> unitGradients;  // by each sample's z, [samples][units]
        double weightGradientNorm = 0;                   // where weights move
    };
    /// Loss and gradients for the batch, cut into as many parts as there are samples.
    [[nodiscard]] Measured lossAndGradient(const std::vector<TokenWindow>& batch,
                                           const std::vector<GateBank::Sample>& samples,
                                           const CancellationCheck& check);
    /// Adds the gradients of the windows' loss, a part of a batch of `batchSize`, to those of `gates` and of the
    /// weights; their share of the loss, a scalar on the device.
    [[nodiscard]] torch::Tensor accumulate(std::span<const TokenWindow> windows, std::size_t batchSize,
                                           const ModelGates& gates, const CancellationCheck& check);
    void learnGates(const std::vector<GateBank::Sample>& samples, const std::vector<std::vector<double>>& gradients);
    [[nodiscard]] ModelGates gatesFor(const std::vector<double>& unitZ) const;
    /// Loss alone, averaged over the first batches.
    [[nodiscard]] double lossOfLayout(const std::vector<double>& unitZ, const CancellationCheck& check);
    /// Calls `work`; when the device's memory is exhausted again with half as many windows at once.
    template <typename Work>
    auto withinMemory(Work work);
    [[nodiscard]] torch::Tensor idsOf(std::span<const TokenWindow> windows) const;
    /// Warm-up counts updates, since an optimiser may begin anew; decay counts steps.
    [[nodiscard]] double learningRateAt(std::int64_t step, std::int64_t updates, double peak) const;

    const Transformer& m_model;
    const TokenCorpus& m_corpus;
    TrainingConfig m_config;
    TrainerParts m_parts;
    BatchSampler m_sampler;
    GateLearner m_gates;
    int m_plannedSteps;   // without what moved targets add
    int m_windowsAtOnce;  // halved when the device's memory does not hold a whole batch
};

/// Token ids of windows as int64 [windows, contextTokens + 1] on `device`.
[[nodiscard]] torch::Tensor windowIds(const TokenCorpus& corpus, std::span<const TokenWindow> windows,
                                      int contextTokens, const torch::Device& device);

/// Unit values drawn per KV head: [layers x kvHeads], row-major.
[[nodiscard]] std::vector<double> perKvHead(const UnitGrid& grid, const std::vector<double>& unitValues);

}  // namespace consa
