// What the user can ask of a running session: plain values.
#pragma once

#include "core/layout/attention_layout.h"
#include "core/session/steering.h"
#include "core/text/corpus_options.h"
#include "core/training/training_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace consa {

/// Loads model and texts so that Start needs no waiting. Replaces what was open.
struct OpenCommand {
    std::string model;
    std::vector<std::string> corpus;
    std::string device = "auto";
    CorpusOptions text{};  // how the texts are read, split and cut

    bool operator==(const OpenCommand&) const = default;
};

/// What happened to another run, to be done again.
struct Replay {
    std::vector<SteeringMove> steering;
    std::int64_t endStep = 0;                         // where it stood; the new one stops there
    std::string modelFingerprint, corpusFingerprint;  // what it was made with

    bool operator==(const Replay&) const = default;
};

/// Begins a run with this config; opens config.model and config.corpus first when they are not open.
/// An empty runFolder keeps nothing on disk. `layout` is what the mode recover holds. Without `allowsRepeats` a run
/// that would see a window of text twice is refused. `replay` steers the run as another was, step by step. With
/// `numbersFolder` a runFolder that is taken gives way to the first of runFolder-2, -3, ... that is not.
struct StartCommand {
    TrainingConfig config;
    std::string runFolder;
    std::optional<AttentionLayout> layout{};
    bool allowsRepeats = true;
    std::optional<Replay> replay{};
    bool numbersFolder = false;
};

/// Goes on with a run from its folder at the step of its last checkpoint.
struct ResumeRunCommand {
    std::string runFolder;
};

/// Begins the run `runFolder` at the kept state of the run `source` at or nearest before `step`, with that run's
/// history up to it, and trains on: as that run did, but for the changes given here.
struct ForkRunCommand {
    std::string source;
    std::int64_t step = 0;
    std::string runFolder;
    std::optional<double> target{};
    std::optional<int> rampSteps{};  // of the target; the run's when empty
    std::optional<std::vector<Pin>> pins{};
};

/// Takes the run back to its kept state at or nearest before `step`: gates, multipliers, target and pins as they were
/// there, before anything was changed at that step. A run that trained goes on; one at its end pauses.
struct RewindCommand {
    std::int64_t step = 0;
};

/// Moves the target of the running training; reached over rampSteps (the config's when empty).
struct RetargetCommand {
    double target = 0.5;
    std::optional<int> rampSteps;
};

/// Rounds the current gates at this sparsity for the "learned" layout; empty follows the target again.
struct CutCommand {
    std::optional<double> sparsity;
};

/// Replaces the run's pins; takes effect with the next step. Refused when the target leaves no room for them.
struct PinCommand {
    std::vector<Pin> pins;
};

/// Whether, while nothing else is to do, the loss of the gates cut at many budgets is evaluated for the snapshot's
/// cutCurve (the cut of CutCommand first).
struct CutCurveCommand {
    bool isWanted = true;
};

struct PauseCommand {};
struct ResumeCommand {};

/// Ends the run after the step in progress; the gates stay, the run folder is complete.
struct StopCommand {};

/// Gates stop moving while steps go on (isFrozen), or move again.
struct FreezeCommand {
    bool isFrozen = true;
};

/// Multipliers stay what they are (isHeld) while gates go on learning, or move again.
struct HoldCommand {
    bool isHeld = true;
};

/// A layout to evaluate, by name; window and sinks 0 / -1 take the config's.
struct EvaluatedLayout {
    std::string name;
    AttentionLayout layout;
    int windowTokens = 0;
    int sinkTokens = -1;
    std::optional<double> sensitivitySparsity{};  // instead of `layout`: the least sensitive units slide, as measured
};

/// Compares layouts on the split's windows. `includeLearned` adds the learned cut; `includeRules` adds all full, all
/// sliding, and at the learned budget every interleaved phase, sliding at the bottom, full in the middle, the same
/// share of heads everywhere, and random layouts.
struct EvaluateCommand {
    std::vector<EvaluatedLayout> layouts;
    std::string split = "dev";
    int contextTokens = 0;       // 0: the config's
    std::int64_t maxTokens = 0;  // 0: all windows of the split
    bool includeLearned = true;
    bool includeRules = true;
    DataType dataType = DataType::Auto;
    std::string dumpTokensPath;  // where the evaluated windows are written as ids, one window a line; empty: nowhere
};

/// Compares finished runs of recovery on the open text: each layout with the weights that its run trained. The first
/// run, all full, is what the others are compared with; all full with the model's own weights joins as "full before".
/// The runs must differ in their layouts alone.
struct CompareRunsCommand {
    std::vector<std::string> runFolders;
    std::string split = "dev";
    int contextTokens = 0;       // 0: the runs'
    std::int64_t maxTokens = 0;  // 0: all windows of the split
    DataType dataType = DataType::Auto;
};

/// Judges up to `trials` swaps of one full against one sliding unit around the learned layout on train and dev text
/// and keeps what lowers the loss beyond its error; a finished or paused run only.
struct PolishCommand {
    int trials = 40;
};

struct CancelEvaluationCommand {};

using SessionCommand =
    std::variant<OpenCommand, StartCommand, ResumeRunCommand, RetargetCommand, CutCommand, PinCommand, CutCurveCommand,
                 PauseCommand, ResumeCommand, StopCommand, FreezeCommand, EvaluateCommand, CompareRunsCommand,
                 PolishCommand, CancelEvaluationCommand, ForkRunCommand, RewindCommand, HoldCommand>;

}  // namespace consa
