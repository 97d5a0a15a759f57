// One gate-learning step after another: no thread, no clock, no file.
#pragma once

#include "core/gates/augmented_lagrangian.h"
#include "core/gates/gate_bank.h"
#include "core/model/transformer.h"
#include "core/text/batch_sampler.h"
#include "core/text/token_corpus.h"
#include "core/training/trainer_state.h"
#include "core/training/training_config.h"

namespace consa {

/// What one step yielded; losses in nats a token.
struct StepResult {
    std::int64_t step = 0;  // its index, 0-based
    double loss = 0;        // next-token loss under the sampled gates
    double objective = 0;   // loss + the constraint's terms
    double expectedSparsity = 0;
    double scheduledTarget = 0;
    double multiplier = 0;
};

/// Learns the gates of a frozen model under the sparsity constraint. Borrows model and corpus.
class Trainer {
public:
    /// Throws Error (BadInput) when the config does not fit the model or the corpus has no window of that context.
    Trainer(const Transformer& model, const TokenCorpus& corpus, TrainingConfig config);

    /// Takes one step: sample gates, loss and gradient, constraint, update. What `check` throws leaves the state
    /// unchanged. Throws Error (RunFailed) when the loss is not finite or the device's memory is exhausted even at one
    /// window at a time.
    StepResult step(const CancellationCheck& check = {});

    /// Moves the target from where its ramp stands, reached after rampSteps further steps.
    void retarget(double target, int rampSteps);
    void setFrozen(bool isFrozen) { m_isFrozen = isFrozen; }
    /// Plans `stepCount` steps in all (the learning rate's schedule follows it).
    void setStepCount(int stepCount) { m_config.stepCount = stepCount; }

    [[nodiscard]] const TrainingConfig& config() const { return m_config; }
    [[nodiscard]] const GateBank& gates() const { return m_gates; }
    [[nodiscard]] std::int64_t stepsDone() const { return m_step; }
    [[nodiscard]] double multiplier() const { return m_constraint.multiplier(); }
    [[nodiscard]] double scheduledTarget() const { return m_ramp.at(m_step); }
    [[nodiscard]] bool hasRampEnded() const { return m_ramp.hasEnded(m_step); }
    /// The gates rounded to exactly the budget of `sparsity`.
    [[nodiscard]] AttentionLayout layoutAt(double sparsity) const;

    [[nodiscard]] TrainerState state() const;
    void restore(const TrainerState& state);

private:
    /// Loss and its gradient by z, [units], for the batch under these gates.
    [[nodiscard]] double lossAndGradient(const std::vector<TokenWindow>& batch, const std::vector<double>& unitZ,
                                         std::vector<double>& unitGradient, const CancellationCheck& check);
    [[nodiscard]] torch::Tensor idsOf(const std::vector<TokenWindow>& windows) const;
    [[nodiscard]] double learningRateAt(std::int64_t step) const;

    const Transformer& m_model;
    const TokenCorpus& m_corpus;
    TrainingConfig m_config;
    BatchSampler m_sampler;
    GateBank m_gates;
    AugmentedLagrangian m_constraint;
    TargetRamp m_ramp;
    std::int64_t m_step = 0;
    int m_windowsAtOnce;  // halved when the device's memory does not hold a whole batch
    bool m_isFrozen = false;
};

/// Token ids of windows as int64 [windows, contextTokens + 1] on `device`.
[[nodiscard]] torch::Tensor windowIds(const TokenCorpus& corpus, const std::vector<TokenWindow>& windows,
                                      int contextTokens, const torch::Device& device);

/// Unit values drawn per KV head: [layers x kvHeads], row-major.
[[nodiscard]] std::vector<double> perKvHead(const UnitGrid& grid, const std::vector<double>& unitValues);

}  // namespace consa
