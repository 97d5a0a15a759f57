// What the window remembers of the next run's settings.
#include "core/base/error.h"
#include "ui/main_window.h"

#include <QFileInfo>
#include <QSettings>

namespace consa {

namespace {

/// Where the settings of a model's next run are kept.
QString settingsKey(const SessionSnapshot& snapshot) {
    const QByteArray model = QFileInfo(QString::fromStdString(snapshot.modelPath)).fileName().toUtf8();
    return QStringLiteral("run/settings/%1/%2")
        .arg(QLatin1String(model.toPercentEncoding()),
             snapshot.device.isGpu ? QLatin1String("gpu") : QLatin1String("cpu"));
}

}  // namespace

void MainWindow::keepRunSettings() const {
    if (m_plan.config().mode == LearningMode::Recover) return;  // speaks of one layout
    const QString key = settingsKey(m_controller->snapshot());
    if (m_plan.config() == m_plan.defaults()) return QSettings().remove(key);
    QSettings().setValue(key, QString::fromStdString(toJson(m_plan.config())));
}

void MainWindow::recallRunSettings(const SessionSnapshot& snapshot) {
    const QString kept = QSettings().value(settingsKey(snapshot)).toString();
    if (kept.isEmpty()) return;
    try {
        const TrainingConfig config =
            trainingConfigFromJson(kept.toStdString(), "the kept settings", m_plan.defaults());
        requireValid(config, snapshot.model->longestContextTokens());
        m_plan.recall(config);
    } catch (const Error&) {  // of another version, or no longer possible: the defaults hold
    }
}

}  // namespace consa
