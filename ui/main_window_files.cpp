// What the window opens: models, texts, runs and layouts, from menus, drops and the command line.
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "ui/main_window.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/gate_record.h"
#include "ui/models/preset_list_model.h"
#include "ui/models/run_history.h"
#include "ui/session/kept_gates.h"
#include "ui/session/recent_files.h"
#include "ui/session/run_follower.h"
#include "ui/session/saved_run.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/history_chart.h"
#include "ui/views/import_dialog.h"
#include "ui/views/message_bar.h"
#include "ui/views/preset_panel.h"

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMimeData>
#include <QUrl>
#include <algorithm>
#include <cstdio>

namespace consa {

void MainWindow::openAtStart(const QString& path) {
    if (path.isEmpty()) {
        openModel(QStringLiteral("demo"), {"demo"});
        offerRecovery();
    } else {
        openPath(path);
        // Who started the window with a path looks at the terminal, too.
        if (!m_messages->isHidden() && m_messages->severity() == MessageBar::Severity::Error)
            std::fprintf(stderr, "consa-explorer: %s\n", qUtf8Printable(m_messages->text()));
    }
}

void MainWindow::openPath(const QString& path) {
    try {
        const PathKind kind = classifyPath(path);
        m_recent->add(path);
        switch (kind) {
            case PathKind::Model:
                return openModel(path);
            case PathKind::RunFolder:
                return openRun(path);
            case PathKind::Text:
                return openTexts({path.toStdString()});
            case PathKind::LayoutFile:
                return openLayout(path);
        }
    } catch (const Error& error) {
        m_messages->showError(QString::fromUtf8(error.what()));
    }
}

void MainWindow::openLayout(const QString& path) {
    const std::optional<LayoutFile> file = askForLayout(path.toStdString(), this);
    if (!file) return;
    const QString name = QFileInfo(path).fileName();
    showLayout(*file, name);
    if (m_presets->modelShape().layerCount == 0) return;
    try {
        requireShape(*file, m_presets->modelShape(), name.toStdString());
        const QString warning = m_presets->otherModelWarning(*file, name);
        if (!warning.isEmpty()) m_messages->showMessage(MessageBar::Severity::Warning, warning);
    } catch (const Error& error) {
        // Looking at it is fine; that it can't be evaluated here is worth knowing.
        m_messages->showMessage(MessageBar::Severity::Warning, QString::fromUtf8(error.what()));
    }
}

void MainWindow::openModel(const QString& model, const std::vector<std::string>& texts) {
    if (isRunGoingOn()) {
        m_messages->showMessage(MessageBar::Severity::Warning,
                                tr("A run is going on; stop it (Ctrl+.) to open another model."));
        return;
    }
    OpenCommand command{model.toStdString(), texts, m_plan.config().device};
    if (command.corpus.empty()) {
        // Texts of the user stay; the demo's own belong to the demo.
        const auto& current = m_controller->snapshot().corpusPaths;
        const bool keepsTexts = !current.empty() && current != std::vector<std::string>{"demo"};
        command.corpus =
            keepsTexts ? current : std::vector<std::string>{model == QLatin1String("demo") ? "demo" : "default"};
    }
    m_messages->hide();
    showSessionAgain();
    m_history->clear();
    m_gates->setCut(std::nullopt);
    m_cutRest.stop();
    m_controller->post(std::move(command));
}

void MainWindow::openTexts(const std::vector<std::string>& texts) {
    const std::string model = m_controller->snapshot().modelPath;
    openModel(QString::fromStdString(model.empty() ? "demo" : model), texts);
}

void MainWindow::showLayout(const LayoutFile& file, const QString& name) {
    m_gates->showLayout(file);
    m_heatmapPanel->setShownName(name);
}

void MainWindow::showSessionAgain() {
    const SessionSnapshot& snapshot = m_controller->snapshot();
    stopFollowing();
    m_openedRun.clear();
    m_record->showSession();
    m_history->showSession();
    describeCurves(snapshot.config, snapshot.run > 0 ? snapshot.stepCount : 0);
    enableForks(snapshot);
    m_gates->showSession();
    m_heatmapPanel->setShownName(QString());
}

void MainWindow::browseForModel(bool isFolder) {
    const QString path =
        isFolder ? QFileDialog::getExistingDirectory(this, tr("Open a model folder"))
                 : QFileDialog::getOpenFileName(this, tr("Open a model"), QString(), tr("GGUF models (*.gguf)"));
    if (!path.isEmpty()) openPath(path);
}

void MainWindow::browseForTexts(bool isFolder) {
    const QStringList paths =
        isFolder ? QStringList{QFileDialog::getExistingDirectory(this, tr("Open a folder of texts"))}
                 : QFileDialog::getOpenFileNames(this, tr("Open texts"), QString(),
                                                 tr("Texts (*.txt *.md *.rst *.text *.pod *.jsonl);;All files (*)"));
    std::vector<std::string> texts;
    for (const QString& path : paths) {
        if (!path.isEmpty()) texts.push_back(path.toStdString());
    }
    if (!texts.empty()) openTexts(texts);
}

void MainWindow::browseForRun() {
    const QString runs = QString::fromStdString((dataFolder() / "runs").string());
    const QString path = QFileDialog::getExistingDirectory(this, tr("Open a run folder"), runs);
    if (!path.isEmpty()) openPath(path);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    const QList<QUrl> urls = event->mimeData()->urls();
    const auto isLocal = [](const QUrl& url) { return url.isLocalFile(); };
    if (!urls.isEmpty() && std::all_of(urls.begin(), urls.end(), isLocal)) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    event->acceptProposedAction();
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() == 1) return openPath(urls.front().toLocalFile());
    // Several files together can only be texts.
    std::vector<std::string> texts;
    for (const QUrl& url : urls) texts.push_back(url.toLocalFile().toStdString());
    openTexts(texts);
}

}  // namespace consa
