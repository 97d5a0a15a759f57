// Defaults and folder of the next run.
#include "ui/session/run_plan.h"

#include "core/base/file_io.h"

#include <QDateTime>
#include <filesystem>

namespace consa {

void RunPlan::edit(const TrainingConfig& config) {
    m_config = config;
    m_isEdited = true;
}

bool RunPlan::follow(const SessionSnapshot& snapshot) {
    if (!snapshot.model) return false;
    const bool isSame =
        m_hasModel && m_config.model == snapshot.modelPath && (m_isEdited || m_isOnGpu == snapshot.device.isGpu);
    m_isOnGpu = snapshot.device.isGpu;
    m_hasModel = true;
    if (!isSame) {
        const std::string device = m_config.device;
        m_config = defaultTrainingConfig(snapshot.modelPath, m_isOnGpu);
        m_config.model = snapshot.modelPath;
        m_config.device = device;
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

StartCommand RunPlan::startCommand() const {
    const QString time = QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss"));
    const std::string model = std::filesystem::path(m_config.model).stem().string();
    const std::filesystem::path folder = dataFolder() / "runs" / (time.toStdString() + "-" + model);
    std::filesystem::path unused = folder;
    for (int attempt = 2; std::filesystem::exists(unused); ++attempt)
        unused = folder.string() + "-" + std::to_string(attempt);
    return {m_config, unused.string()};
}

}  // namespace consa
