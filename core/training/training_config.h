// Every knob of a run, with its default, unit and source.
#pragma once

#include "core/layout/attention_layout.h"
#include "core/layout/pins.h"
#include "core/text/corpus_options.h"
#include "core/training/target_move.h"
#include "core/training/training_choices.h"

#include <cstdint>
#include <string>
#include <vector>

namespace consa {

/// How gates are learned. Defaults marked "measured" come from runs on SmolLM2-135M (resources/docs/measurements.md).
struct TrainingConfig {
    // What is learned on what.
    std::string model = "demo";               // as openCheckpoint() takes it
    std::vector<std::string> corpus{"demo"};  // as loadCorpus() takes them
    CorpusOptions text{};                     // how they are read, split and cut
    std::string device = "auto";              // auto | cpu | cuda | cuda:N
    DataType dataType = DataType::Auto;
    std::uint64_t seed = 0;

    LearningMode mode = LearningMode::Gates;
    TrainingLoss loss = TrainingLoss::NextToken;
    GateMethod method = GateMethod::Consa;

    // The two kinds of attention.
    Granularity granularity = Granularity::KvHead;
    int windowTokens = 256;  // sliding window, the query counted
    int sinkTokens = 4;      // first tokens that stay visible

    // How much text a step sees.
    int contextTokens = 4096;
    int batchSize = 8;
    int stepCount = 150;

    // The budget.
    double target = 0.5;              // sparsity: share of units on sliding, 0..1
    double warmupShare = 0.4;         // share of the steps over which the target rises from 0 (measured)
    int rampSteps = 20;               // steps over which a moved target is reached (taste)
    std::vector<TargetMove> moves{};  // of the target, planned; the run lasts until the last one has settled

    Scope scope = Scope::Global;
    SparsityEstimate sparsityEstimate = SparsityEstimate::Expected;
    std::vector<Pin> pins;  // at the start; a run's own can be moved

    // The optimiser of the gates.
    double gateLearningRate = 0.2;  // Adam (measured)
    double gateBeta1 = 0.9;         // Adam (measured)
    double gateBeta2 = 0.99;        // Adam (measured)
    double gateScaleSharing = 1.0;  // 0: a second moment for each gate, as Adam has; 1: one for all of ConSA's gates;
                                    // between: their geometric mean, so weighted (measured)
    int gateDraws = 2;             // parts of a batch, each with gates drawn for it; pairs mirror each other (measured)
    double initialLogAlpha = 1.0;  // mean at start, standard deviation 0.01 (measured)
    double logAlphaLimit = 8.0;    // clamp: beyond it a gate is decided; at 6 closed gates leak .012 each (measured)
    double multiplierRate = 3.0;   // plain ascent of lambda1 on the constraint's error (measured)
    double quadraticWeight = 0.0;  // fixed weight of the squared error (measured)
    double holdShare = 1.0;        // of the constraint's error that one shift of all gates takes back a step (below 1
                                   // once the ramp has ended); 0 leaves it to the multiplier (measured)
    int learningRateWarmupSteps = 8;  // (measured)
    double decayStart = 0.7;          // share of the steps after which the rate falls linearly to a tenth (measured)

    // The optimiser of the weights, in the modes that move them: AdamW.
    double weightLearningRate = 1e-5;  // peak; same warm-up and decay as the gates' (PruLong)
    double weightDecay = 0.1;          // of matrices (PruLong)
    double gradientClip = 1.0;         // norm of the whole gradient (PruLong)
    int loraRank = 0;                  // 0: all weights; else low-rank updates of the linear layers
    double loraAlpha = 16.0;           // their scale is alpha / rank (usual)
    std::string layout;                // recover: the layout that is held, as --layout takes it

    bool operator==(const TrainingConfig&) const = default;
};

/// JSON object with every field, keys as the fields are named.
[[nodiscard]] std::string toJson(const TrainingConfig& config);
/// Unknown keys are an Error (BadInput), missing ones keep what `defaults` has; `source` names the text.
[[nodiscard]] TrainingConfig trainingConfigFromJson(const std::string& text, const std::string& source,
                                                    const TrainingConfig& defaults = {});

/// Defaults that suit a model and device: the demo's own; a GPU's (context 4096, window 256, batch 8, 150 steps);
/// a CPU's (512, 64, 1, 200).
[[nodiscard]] TrainingConfig defaultTrainingConfig(const std::string& model, bool onGpu);

/// Steps trained on after a moved target was reached, of a run planned with `plannedSteps`: as many as a run with that
/// target from the start has after its own warm-up, and a few more (measured: resources/docs/learning.md).
[[nodiscard]] int settlingSteps(int plannedSteps);

/// Throws Error (BadInput) naming the first knob out of range: target outside 0..1, window >= context, context beyond
/// `modelContextTokens`, non-positive counts. `modelContextTokens` 0 skips that check.
void requireValid(const TrainingConfig& config, int modelContextTokens = 0);

}  // namespace consa
