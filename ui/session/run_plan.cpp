// Defaults and folder of the next run.
#include "ui/session/run_plan.h"

#include "core/base/file_io.h"

#include <QDateTime>
#include <filesystem>
#include <utility>

namespace consa {

void RunPlan::edit(const TrainingConfig& config, std::optional<AttentionLayout> layout) {
    const TrainingConfig before = std::exchange(m_config, config);
    m_config.pins = config.granularity == before.granularity ? before.pins : std::vector<Pin>{};
    m_layout = std::move(layout);
    m_isEdited = true;
}

void RunPlan::recall(const TrainingConfig& earlier) {
    const TrainingConfig now = std::exchange(m_config, earlier);
    m_config.model = now.model;
    m_config.corpus = now.corpus;
    m_config.text = now.text;
    m_config.pins = m_config.granularity == now.granularity ? now.pins : std::vector<Pin>{};
    m_config.layout.clear();
}

bool RunPlan::follow(const SessionSnapshot& snapshot) {
    if (!snapshot.model) return false;
    const bool isSame =
        m_hasModel && m_config.model == snapshot.modelPath && (m_isEdited || m_isOnGpu == snapshot.device.isGpu);
    m_isOnGpu = snapshot.device.isGpu;
    m_hasModel = true;
    const UnitGrid gridBefore = grid();
    m_heads = snapshot.model->grid(Granularity::KvHead);
    if (!isSame) {
        const TrainingConfig before = m_config;
        m_config = defaultTrainingConfig(snapshot.modelPath, m_isOnGpu);
        m_config.model = snapshot.modelPath;
        m_config.device = before.device;
        if (grid() == gridBefore) m_config.pins = before.pins;
        m_layout.reset();
        m_isEdited = false;
    }
    if (!snapshot.corpusPaths.empty()) m_config.corpus = snapshot.corpusPaths;
    if (snapshot.corpus) m_config.text = snapshot.corpus->options;
    return !isSame;
}

TrainingConfig RunPlan::defaults() const {
    TrainingConfig config = defaultTrainingConfig(m_config.model, m_isOnGpu);
    config.model = m_config.model;
    config.corpus = m_config.corpus;
    config.text = m_config.text;
    return config;
}

UnitGrid RunPlan::grid() const {
    UnitGrid grid = m_heads;
    grid.granularity = m_config.granularity;
    return grid;
}

SessionSnapshot RunPlan::preview(SessionSnapshot snapshot) const {
    if (!snapshot.model || !snapshot.logAlpha.empty()) return snapshot;
    snapshot.grid = grid();
    snapshot.config = m_config;
    if (m_config.mode == LearningMode::Recover && m_layout) snapshot.layout = *m_layout;
    return snapshot;
}

std::string RunPlan::unusedRunFolder() const {
    const QString time = QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss"));
    const std::string model = std::filesystem::path(m_config.model).stem().string();
    const std::filesystem::path folder = dataFolder() / "runs" / (time.toStdString() + "-" + model);
    std::filesystem::path unused = folder;
    for (int attempt = 2; std::filesystem::exists(unused); ++attempt)
        unused = folder.string() + "-" + std::to_string(attempt);
    return unused.string();
}

StartCommand RunPlan::startCommand() const {
    StartCommand command{m_config, unusedRunFolder()};
    command.numbersFolder = true;  // another window may begin a run within the same second
    if (m_config.mode != LearningMode::Recover) return command;
    command.layout = m_layout;
    command.config.pins.clear();  // they wait for a run that learns gates
    return command;
}

}  // namespace consa
