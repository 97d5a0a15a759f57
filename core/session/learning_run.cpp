// Steps, checkpoints and what a run shows of itself.
#include "core/session/learning_run.h"

#include "core/base/byte_text.h"
#include "core/base/error.h"
#include "core/base/host_memory.h"
#include "core/base/version.h"
#include "core/model/transformer_loader.h"
#include "core/training/run_cost.h"
#include "core/training/step_memory.h"

#include <fmt/format.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <utility>

namespace consa {

namespace {

constexpr std::size_t kTimedSteps = 50;     // the median of so many steps is shown
constexpr int kCheckpointEverySteps = 10;   // a crash loses at most so many
constexpr int kWeightsEverySteps = 100;     // the same where weights move: 12 bytes each are written
constexpr double kSettledTolerance = 0.01;  // of the expected sparsity

/// A system ends a program that takes too much of its memory. So on a CPU a step is cut into parts that fit half of the
/// machine's: of all, not of what is free just now, so that the same run always adds up in the same order. 0 on a GPU,
/// which says when its memory is out.
int mostWindowsAtOnce(const OpenedModel& opened, const TrainingConfig& config) {
    const auto total = static_cast<double>(totalHostBytes());
    if (opened.device().is_cuda() || total <= 0) return 0;
    const RunMemory memory = estimateRunMemory(opened.config(), config, /*isOnGpu=*/false);
    constexpr double kUsableShare = 0.5;
    if (memory.ofOneWindow > total)
        throw Error(
            fmt::format("One window of {} tokens would take about {}, and this machine has {}; "
                        "choose a smaller --context",
                        config.contextTokens, byteText(memory.ofOneWindow), byteText(total)));
    return windowsThatFit(memory, kUsableShare * total);
}

}  // namespace

LearningRun::LearningRun(OpenedModel& opened, const TrainingConfig& config,
                         const std::optional<AttentionLayout>& layout, const OpeningProgress& progress)
    : m_opened(opened),
      m_type(scalarType(config.dataType, opened.device(), /*forLearning=*/true)),
      m_heldLayout(layout) {
    const bool moves = config.mode != LearningMode::Gates;
    if (!moves || config.loss != TrainingLoss::NextToken) m_frozen = &opened.weights(m_type, progress);
    if (moves) m_trained = std::make_unique<TrainedWeights>(opened, config, m_type, progress);
    TrainerParts parts{m_frozen, layout, moves ? &m_trained->optimiser() : nullptr, mostWindowsAtOnce(opened, config)};
    m_trainer = std::make_unique<Trainer>(model(), opened.corpus(), config, std::move(parts));
}

const Transformer& LearningRun::weights(torch::ScalarType type, const OpeningProgress& progress) {
    return m_trained ? m_trained->as(type) : m_opened.weights(type, progress);
}

RunRecord LearningRun::record() const {
    return {m_trainer->config(),
            m_opened.config(),
            m_opened.modelFingerprint(),
            m_opened.corpus().origin(),
            m_opened.corpus().fingerprint(),
            m_opened.deviceStatus().name,
            toString(m_type == torch::kBFloat16 ? DataType::BFloat16 : DataType::Float32),
            TORCH_VERSION};
}

RunKeeper::Pace LearningRun::pace() const {
    return {.steps = m_trained ? kWeightsEverySteps : kCheckpointEverySteps};
}

void LearningRun::createFolder(const std::string& path, bool isNumbered) {
    RunFolder folder = isNumbered ? RunFolder::createNumbered(path, record()) : RunFolder::create(path, record());
    if (m_heldLayout) folder.saveHeldLayout(*m_heldLayout);
    // So that a run that ends early can be gone on with; the weights are the model's own.
    folder.saveCheckpoint(m_trainer->state(), m_trainer->gates().bank().grid());
    m_keeper.emplace(std::move(folder), pace());
    keepState();
}

void LearningRun::saveCheckpoint() {
    m_keeper->saveCheckpoint(m_trainer->state(), m_trainer->gates().bank().grid(),
                             [this] { return m_trained ? std::optional(m_trained->state()) : std::nullopt; });
}

void LearningRun::requireMadeFrom(const RunFolder& folder) const {
    const std::string path = folder.path().string();
    const RunRecord& kept = folder.record();
    if (m_opened.modelFingerprint() != kept.modelFingerprint)
        throw Error(path + " was made with another version of the model " + kept.config.model +
                    "; put that file back to go on.");
    if (m_opened.corpus().fingerprint() != kept.corpusFingerprint)
        throw Error(path + " was made on other texts (" + kept.corpusOrigin + "); put them back to go on.");
}

void LearningRun::restore(RunFolder folder) {
    folder.lock();
    const TrainerState state = folder.loadCheckpoint();
    const std::string path = folder.path().string();
    requireMadeFrom(folder);
    m_trainer->restore(state);
    if (m_trained) {
        const std::filesystem::path weights = folder.weightsFile();
        if (!weights.empty()) m_trained->restore(weights);
        if (m_trained->optimiser().stepsDone() != state.step)
            throw Error(path + " is damaged: its weights are of step " +
                        std::to_string(m_trained->optimiser().stepsDone()) + ", its gates of step " +
                        std::to_string(state.step) + ".");
    }
    std::vector<SteeringMove> steering = folder.loadSteering();
    folder.states().dropAfter(state.step);  // of steps that a crash took back
    m_keeper.emplace(std::move(folder), pace());
    m_keeper->setSteering(std::move(steering));
}

void LearningRun::fork(const RunFolder& from, const RunCheckpoint& kept, const std::string& path) {
    requireMadeFrom(from);
    RunRecord made = record();  // as the other run began: what was changed later is steering
    const std::filesystem::path origin = (from.path() / ".").lexically_normal().parent_path();
    made.forkedFrom = ForkOrigin{origin.filename().string(), kept.state.step};
    RunFolder folder = RunFolder::create(path, made);
    folder.copyPast(from, kept.state.step);
    m_trainer->restore(kept.state);
    folder.saveCheckpoint(kept.state, m_trainer->gates().bank().grid(), std::nullopt, kept.steering);
    m_keeper.emplace(std::move(folder), pace());
    m_keeper->setSteering(kept.steering);
}

void LearningRun::keepState() {
    if (m_keeper && !m_trained) m_keeper->keepState(m_trainer->state(), m_trainer->gates().bank().grid());
}

void LearningRun::rewind(const RunCheckpoint& kept, const SessionEvent& event) {
    const std::int64_t fromStep = m_trainer->stepsDone();
    m_trainer->restore(kept.state);
    m_keeper->rewind(kept, m_trainer->gates().bank().grid(), event, fromStep);
}

void LearningRun::steer(const SteeringMove& move, const SessionEvent& event) {
    if (!m_keeper) return;
    m_keeper->steer(move, event);
    if (!m_trained) saveCheckpoint();
}

HistoryPoint LearningRun::step(std::uint64_t run, const CancellationCheck& check) {
    const auto begin = std::chrono::steady_clock::now();
    StepResult result;
    try {
        result = m_trainer->step(check);
    } catch (const MemoryExhausted&) {  // nothing has moved
        throw MemoryExhausted(adviceOnMemory());
    } catch (const std::exception&) {  // a cancelled step is none
        m_hasFailed = movesWeights();
        throw;
    }
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    m_stepSeconds.push_back(passed.count());
    if (m_stepSeconds.size() > kTimedSteps) m_stepSeconds.pop_front();
    const HistoryPoint point{run,
                             static_cast<int>(result.step),
                             result.loss,
                             result.objective,
                             result.expectedSparsity,
                             result.scheduledTarget,
                             m_trainer->config().target,
                             result.multiplier,
                             passed.count()};
    if (m_keeper) {
        m_keeper->append(point);
        if (m_keeper->isCheckpointDue(m_trainer->stepsDone())) saveCheckpoint();
        if (KeptStates::isDue(m_trainer->stepsDone())) keepState();
    }
    return point;
}

std::string LearningRun::adviceOnMemory() const {
    const TrainingConfig& config = m_trainer->config();
    const RunMemory memory = estimateRunMemory(m_opened.config(), config, m_opened.device().is_cuda());
    const auto perToken = static_cast<std::int64_t>((memory.ofOneWindow - memory.weights) / config.contextTokens);
    const std::int64_t free = m_opened.freeMemoryBytes();
    const int context = contextThatFits(free, perToken, config.contextTokens, config.windowTokens + config.sinkTokens);
    return fmt::format(
        "The memory of {} does not hold one window of {} tokens at step {}; the run is paused there, with all that it "
        "learned. A window takes about {} by its shape, {} are free: {}, or free memory and go on",
        m_opened.deviceStatus().name, config.contextTokens, m_trainer->stepsDone(),
        byteText(static_cast<double>(perToken * config.contextTokens)), byteText(static_cast<double>(free)),
        context > 0 ? fmt::format("a new run with --context {} should fit", context)
                    : std::string("take a smaller model or another device"));
}

void LearningRun::describeGates(SessionSnapshot& s) const {
    const GateLearner& learner = m_trainer->gates();
    const GateBank& gates = learner.bank();
    s.grid = gates.grid();
    s.logAlpha = gates.logAlpha();
    s.probability = gates.probabilities();
    s.pins = learner.pins();
    s.target = s.config.target;
    s.scheduledTarget = learner.scheduledTarget();
    s.expectedSparsity = gates.expectedSparsity();
    s.multiplier = learner.multiplier();
    s.undecidedCount = gates.undecidedCount();
    s.isSettled = learner.hasRampEnded() && std::abs(s.expectedSparsity - s.target) <= kSettledTolerance;
    s.layout = m_trainer->layoutAt(s.cut.value_or(s.target));
}

void LearningRun::describeHeld(SessionSnapshot& s) const {
    s.layout = *m_heldLayout;
    s.grid = s.layout.grid;
    s.probability.assign(s.layout.full.begin(), s.layout.full.end());
    s.logAlpha.clear();
    for (const std::uint8_t full : s.layout.full)
        s.logAlpha.push_back(full != 0 ? s.config.logAlphaLimit : -s.config.logAlphaLimit);
    s.pins.clear();
    s.target = s.scheduledTarget = s.expectedSparsity = s.layout.sparsity();
    s.multiplier = 0;
    s.undecidedCount = 0;
    s.isSettled = true;
}

void LearningRun::describe(SessionSnapshot& s) const {
    s.config = m_trainer->config();
    s.step = static_cast<int>(m_trainer->stepsDone());
    s.stepCount = s.config.stepCount;
    s.isFrozen = m_trainer->gates().isFrozen();
    s.areMultipliersHeld = m_trainer->gates().areMultipliersHeld();
    if (m_heldLayout)
        describeHeld(s);
    else
        describeGates(s);
    if (!m_stepSeconds.empty()) {
        std::vector<double> sorted(m_stepSeconds.begin(), m_stepSeconds.end());
        std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
        s.secondsPerStep = sorted[sorted.size() / 2];
    }
    s.device = m_opened.deviceStatus();
}

void LearningRun::save(const SessionSnapshot& s) {
    if (!m_keeper || m_hasFailed) return;
    saveCheckpoint();
    keepState();
    const TrainingConfig& config = m_trainer->config();
    LayoutFile file;
    file.modelName = m_opened.config().name;
    file.modelArchitecture = m_opened.config().architecture;
    file.layout = s.layout;
    file.windowTokens = config.windowTokens;
    file.sinkTokens = config.sinkTokens;
    if (!m_heldLayout) file.probabilities = s.probability;
    const std::string folderName =
        (std::filesystem::path(s.runFolder) / ".").lexically_normal().parent_path().filename().string();
    file.provenance = {folderName, s.step, config.seed, s.target, kVersion, utcTimestamp()};
    m_keeper->saveLayout(file);
}

}  // namespace consa
