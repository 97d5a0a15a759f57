// A worker thread that reports its share of the work, and a dialog that waits for it.
#include "ui/export/model_export.h"

#include "core/base/error.h"
#include "core/checkpoint/hf_checkpoint.h"
#include "core/checkpoint/hf_export.h"
#include "core/layout/layer_layout.h"

#include <QCoreApplication>
#include <QProgressDialog>
#include <QThread>
#include <QTimer>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>

namespace consa {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ModelExport", text);
}

/// Thrown out of the writing when the user cancels.
struct Cancelled {};

/// What the two threads share.
struct Progress {
    std::atomic<int> percent = 0;
    std::atomic<bool> isCancelled = false;
};

QString writeFolder(const std::string& model, const LayoutFile& layout, const std::string& folder, Progress& progress) {
    const std::unique_ptr<Checkpoint> checkpoint = openCheckpoint(model);
    const HuggingFacePlan plan = planHuggingFaceExport(checkpoint->config(), asLayers(layout));
    HuggingFaceExport how;
    how.folder = folder;
    if (checkpoint->format() == "safetensors") how.sourceFolder = huggingFaceFolder(resolveModelPath(model));
    how.progress = [&](double share) {
        if (progress.isCancelled) throw Cancelled();
        progress.percent = static_cast<int>(100 * share);
    };
    writeHuggingFaceFolder(*checkpoint, plan, how);
    return tr("Wrote %1: a model of type %2 with %3 of %4 layers sliding")
        .arg(QString::fromStdString(folder), QString::fromStdString(plan.config.architecture))
        .arg(std::count(plan.slides.begin(), plan.slides.end(), true))
        .arg(plan.slides.size());
}

}  // namespace

ModelExportResult exportModelFolder(const QString& model, const LayoutFile& layout, const QString& folder,
                                    QWidget* parent) {
    Progress progress;
    ModelExportResult result;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        try {
            result.written = writeFolder(model.toStdString(), layout, folder.toStdString(), progress);
        } catch (const Cancelled&) {
            return;
        } catch (const std::exception& error) {
            result.problem = QString::fromUtf8(error.what());
        }
    }));
    QProgressDialog dialog(tr("Writing %1").arg(folder), tr("Cancel"), 0, 100, parent);
    dialog.setWindowTitle(tr("Model folder"));
    dialog.setWindowModality(Qt::WindowModal);
    dialog.setAutoClose(false);
    dialog.setAutoReset(false);
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &dialog, [&] { dialog.setValue(progress.percent); });
    QObject::connect(&dialog, &QProgressDialog::canceled, &dialog, [&] { progress.isCancelled = true; });
    QObject::connect(thread.get(), &QThread::finished, &dialog, &QDialog::accept);
    using namespace std::chrono_literals;
    timer.start(50ms);
    thread->start();
    dialog.exec();
    thread->wait();
    return result;
}

}  // namespace consa
