// An immutable picture of the session at one moment: plain numbers, safe to hand to any thread.
#pragma once

#include "core/base/error.h"
#include "core/checkpoint/model_config.h"
#include "core/evaluation/comparison.h"
#include "core/layout/attention_layout.h"
#include "core/text/corpus_options.h"
#include "core/training/training_config.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// One state machine for the whole session. Evaluating may follow Ready, Paused and Finished.
enum class SessionState { Empty, Loading, Ready, Training, Paused, Evaluating, Finished, Failed };

/// The state as a lower-case word.
[[nodiscard]] const char* toString(SessionState state);

/// The device that does the work; memory in bytes, 0 where unknown.
struct DeviceStatus {
    std::string name;  // "NVIDIA H100 80GB HBM3" or "CPU, 2 threads"
    bool isGpu = false;
    std::int64_t memoryUsedBytes = 0;
    std::int64_t memoryTotalBytes = 0;
};

/// What is open.
struct CorpusSummary {
    std::string name;
    std::int64_t trainTokens = 0;
    std::int64_t devTokens = 0;
    std::int64_t testTokens = 0;
    int documents = 0;
    std::string line{};  // the same for people, with the share that is held out
    CorpusOptions options{};

    /// Share of the tokens that no training sees, 0..1.
    [[nodiscard]] double heldOutShare() const {
        const auto all = static_cast<double>(trainTokens + devTokens + testTokens);
        return all > 0 ? static_cast<double>(devTokens + testTokens) / all : 0;
    }
};

/// Numbers of one step for curves; losses in nats a token.
struct HistoryPoint {
    std::uint64_t run = 0;
    int step = 0;
    double loss = 0;       // next-token loss of the batch
    double objective = 0;  // loss + multiplier terms
    double expectedSparsity = 0;
    double scheduledTarget = 0;  // where the ramp stands
    double target = 0;           // what the user asked for
    double multiplier = 0;       // lambda1
    double seconds = 0;          // of this step

    bool operator==(const HistoryPoint&) const = default;
};

/// Something that took effect: steering, states, evaluations, errors.
struct SessionEvent {
    std::uint64_t run = 0;
    int step = 0;
    std::string kind;  // "start" "retarget" "pause" "resume" "stop" "freeze" "hold" "fork" "rewind" "evaluate" "done"
                       // "error" "note" ...
    std::string text;  // one sentence for people

    bool operator==(const SessionEvent&) const = default;
};

/// Loss of the gates cut at one budget, on a sample of the dev text; nats a token, the error clustered by document.
struct CutPoint {
    double sparsity = 0;  // realised, 0..1
    double nll = 0;
    double deltaNll = 0;  // to all full
    double deltaStandardError = 0;

    bool operator==(const CutPoint&) const = default;
};

/// What the current gates give at many budgets; filled point by point while the engine is idle.
struct CutCurve {
    int step = 0;                  // whose gates were cut
    std::int64_t tokens = 0;       // evaluated a point
    double nllFull = 0;            // of all full on the same text
    std::vector<CutPoint> points;  // by ascending sparsity
    bool isComplete = false;

    bool operator==(const CutCurve&) const = default;
};

/// The latest state; never changed once published.
struct SessionSnapshot {
    std::uint64_t run = 0;  // counts runs of this session; 0 before the first
    SessionState state = SessionState::Empty;
    std::string message;  // the error's sentence when Failed or when the last command failed; else what is going on
    bool messageIsError = false;
    ErrorKind errorKind = ErrorKind::BadInput;  // when messageIsError
    double progress = 0;                        // 0..1 of loading or evaluating

    std::string modelPath;
    std::optional<ModelConfig> model;
    std::vector<std::string> corpusPaths;
    std::optional<CorpusSummary> corpus;
    DeviceStatus device;
    TrainingConfig config;
    std::string runFolder;

    int step = 0;               // steps done
    int stepCount = 0;          // steps planned
    double secondsPerStep = 0;  // median of the last 50
    UnitGrid grid;
    std::vector<double> logAlpha;     // row-major like AttentionLayout::full
    std::vector<double> probability;  // P(full) = P(z > 0); 0 or 1 where pinned
    std::vector<Pin> pins;
    double loss = 0;
    double target = 0;
    double scheduledTarget = 0;
    double expectedSparsity = 0;
    double multiplier = 0;
    int undecidedCount = 0;           // gates with P(z = 0) < .95 and P(z = 1) < .95
    int targetAppliedStep = 0;        // step at which the current target took effect
    bool isSettled = false;           // the ramp has ended and expected sparsity is within 1 point of the target
    bool isFrozen = false;            // gates stand still
    bool areMultipliersHeld = false;  // multipliers stand still, gates learn on
    std::optional<double> cut;        // sparsity of the user's cut, when it is not the target
    AttentionLayout layout;           // the current gates, rounded at cut or target

    int rewindCount = 0;                   // times that a run was taken back in this session
    int polishCount = 0;                   // polishes that were carried out in this session
    std::optional<Comparison> comparison;  // the last complete one
    CutCurve cutCurve;                     // without points before the first idle moment
};

/// Tokens that a comparison reads unless the user says otherwise: 0 (all) on a GPU, on a CPU a sample of the windows
/// that takes a minute or two.
[[nodiscard]] std::int64_t defaultEvaluationTokens(const SessionSnapshot& snapshot);

using SnapshotPointer = std::shared_ptr<const SessionSnapshot>;

}  // namespace consa
