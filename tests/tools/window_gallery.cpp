// Makes the gallery: pictures of the window in every state that a reader of the README or a reviewer wants to see.
#include "core/base/file_io.h"
#include "core/layout/layout_patterns.h"
#include "core/session/run_folder.h"
#include "tests/support/window_fixture.h"
#include "ui/dock_area.h"
#include "ui/models/gate_grid_model.h"
#include "ui/views/comparison_view.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/preset_panel.h"
#include "ui/views/sparsity_slider.h"
#include "ui/views/timeline_strip.h"

#include <QDir>
#include <QSlider>
#include <QTabBar>
#include <QTableView>
#include <QTimer>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

using namespace consa;

namespace {

/// Drives one window after another and saves what it looks like.
class Gallery {
public:
    explicit Gallery(QString folder) : m_folder(std::move(folder)) {}

    bool make() {
        if (!m_fixture.prepare() || !QDir().mkpath(m_folder)) return false;
        const bool isLight = makeAll();
        applyApplicationStyle(ThemeChoice::Dark);
        m_suffix = QStringLiteral("_dark");
        return isLight && makeAll();
    }

private:
    bool makeAll() {
        std::filesystem::remove_all(dataFolder());
        return firstStart() && training() && views() && compare() && results() && largeGrid() && layers() && error() &&
               smallWindow() && settings();
    }

    [[nodiscard]] QString pathOf(const char* name) const {
        return QDir(m_folder).filePath(QString::fromLatin1(name) + m_suffix + QStringLiteral(".png"));
    }

    bool save(const char* name) {
        QTest::qWait(400);
        const QString path = pathOf(name);
        if (!m_fixture.window->grab().save(path)) return false;
        std::printf("%s\n", qPrintable(path));
        return true;
    }

    bool firstStart() { return m_fixture.open() && save("first_start"); }

    bool training() {
        if (!m_fixture.open(slowly(thirtyLayers()))) return false;
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        return QTest::qWaitFor([&] { return m_fixture.snapshot().step >= 90; }, 20000) && save("training");
    }

    bool views() {
        if (!m_fixture.open(thirtyLayers()) || !m_fixture.trainUntil(110)) return false;
        auto& heatmap = m_fixture.the<GateHeatmap>();
        auto& slider = m_fixture.the<SparsitySlider>();
        heatmap.select({12, 1});
        const QPoint cut = slider.cutHandle().toPoint();
        QTest::mousePress(&slider, Qt::LeftButton, {}, cut);
        QTest::mouseMove(&slider, cut + QPoint(90, 0));
        QTest::mouseRelease(&slider, Qt::LeftButton, {}, cut + QPoint(90, 0));
        QTest::qWait(600);
        if (!save("cut")) return false;
        QTest::mouseDClick(&slider, Qt::LeftButton, {}, slider.cutHandle().toPoint());
        heatmap.setView(HeatmapView::Change);
        if (!save("change")) return false;
        heatmap.setView(HeatmapView::Mask);
        heatmap.setTransposed(true);
        if (!save("mask_turned")) return false;
        heatmap.setTransposed(false);
        m_fixture.the<HeatmapPanel>().setPage(GatePage::Table);
        if (!save("table")) return false;
        m_fixture.the<HeatmapPanel>().setPage(GatePage::Probability);
        m_fixture.session->post(HoldCommand{true});
        if (!QTest::qWaitFor([&] { return m_fixture.snapshot().areMultipliersHeld; }, 10000)) return false;
        QSlider& timeline = m_fixture.the<TimelineStrip>().slider();
        timeline.setValue(timeline.maximum() / 3);
        if (m_fixture.the<TimelineStrip>().isLive() || !save("timeline")) return false;
        timeline.setValue(timeline.maximum());
        const QRectF bar = heatmap.scaleRect();
        QTest::mouseMove(&heatmap, QPointF(bar.center().x(), bar.top() + bar.height() * 0.02).toPoint());
        return save("colour_bar");
    }

    bool compare() {
        if (!m_fixture.open(thirtyLayers()) || !m_fixture.trainUntil(110)) return false;
        m_fixture.session->post(manyRules());
        if (!QTest::qWaitFor([&] { return m_fixture.snapshot().comparison.has_value(); }, 10000)) return false;
        auto& view = m_fixture.the<ComparisonView>();
        if (!showTab(QStringLiteral("By position")) || !save("positions")) return false;
        view.findChild<QTableView*>()->selectRow(1);
        return save("compare") && showTab(QStringLiteral("Frontier")) && save("frontier");
    }

    bool results() {
        if (!makeRuns()) return false;
        auto& panel = m_fixture.the<PresetPanel>();
        const LayoutFile shown = m_fixture.the<GateGridModel>().shown();
        if (!panel.savePreset(QStringLiteral("half, seed 0"), shown)) return false;
        for (const char* title : {"Presets", "Runs", "Log"})
            if (!showTab(QLatin1String(title)) || !save(qPrintable(QString::fromLatin1(title).toLower()))) return false;
        return true;
    }

    /// Run folders as the engine leaves them: one that ended, one that was cut off.
    bool makeRuns() {
        const SessionSnapshot& snapshot = m_fixture.snapshot();
        RunRecord record;
        record.config = snapshot.config;
        record.model = *snapshot.model;
        record.device = "CPU, 2 threads";
        const LayoutFile shown = m_fixture.the<GateGridModel>().sessionFile();
        for (const bool hasEnded : {true, false}) {
            RunFolder run = RunFolder::create(
                dataFolder() / "runs" / (hasEnded ? "20260114-101502-demo" : "20260115-090044-demo"), record);
            const int steps = hasEnded ? record.config.stepCount : record.config.stepCount / 2;
            for (int step = 0; step < steps; ++step) {
                HistoryPoint point;
                point.step = step;
                point.loss = 2.1 + 1.4 / (1 + 0.05 * step);
                point.expectedSparsity = std::min(record.config.target, 0.01 * step);
                point.target = record.config.target;
                point.seconds = 0.3;
                run.appendLine(toJsonLine(point));
            }
            if (!hasEnded) continue;
            run.appendLine(toJsonLine(SessionEvent{1, steps, "done", "Finished"}));
            run.saveLayout(shown);
        }
        const auto longAgo = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(10);
        std::filesystem::last_write_time(dataFolder() / "runs" / "20260115-090044-demo" / "events.jsonl", longAgo);
        return true;
    }

    /// The settings of the next run, with what it takes.
    bool settings() {
        if (!m_fixture.open(thirtyLayers()) || !m_fixture.trainUntil(60)) return false;
        bool isSaved = false;
        QTimer::singleShot(300, m_fixture.window.get(), [&] {
            if (QWidget* dialog = QApplication::activeModalWidget()) {
                isSaved = dialog->grab().save(pathOf("run_settings"));
                dialog->close();
            }
        });
        m_fixture.actionFor(QStringLiteral("Ctrl+,"))->trigger();
        std::printf("%s\n", qPrintable(pathOf("run_settings")));
        return isSaved;
    }

    bool largeGrid() {
        FakeSession::Options options;
        options.layerCount = 128;
        options.kvHeadCount = 64;
        return m_fixture.open(options) && m_fixture.trainUntil(60) && save("grid_128x64");
    }

    bool layers() {
        if (!m_fixture.open(slowly(thirtyLayers()))) return false;
        StartCommand start;
        start.config = defaultTrainingConfig("demo", false);
        start.config.granularity = Granularity::Layer;
        m_fixture.session->post(start);
        return QTest::qWaitFor([&] { return m_fixture.snapshot().step >= 100; }, 20000) && save("layers");
    }

    bool error() {
        FakeSession::Options options;
        options.failOn = "default";
        if (!m_fixture.open(options)) return false;
        m_fixture.window->openPath(QStringLiteral("default"));
        return m_fixture.reaches(SessionState::Empty) && save("error");
    }

    bool smallWindow() {
        if (!m_fixture.open(thirtyLayers())) return false;
        m_fixture.window->resize(1024, 700);
        if (!m_fixture.trainUntil(80) || !save("small_1024x700")) return false;
        m_fixture.session->post(manyRules());
        if (!QTest::qWaitFor([&] { return m_fixture.snapshot().comparison.has_value(); }, 10000)) return false;
        m_fixture.the<DockArea>().showTab(&m_fixture.the<ComparisonView>());
        if (!save("small_compare")) return false;
        m_fixture.the<DockArea>().showTab(&m_fixture.the<PresetPanel>());
        return save("small_presets");
    }

    bool showTab(const QString& title) {
        for (auto* tabs : m_fixture.window->findChildren<QTabBar*>()) {
            for (int tab = 0; tab < tabs->count(); ++tab) {
                if (tabs->tabText(tab) != title) continue;
                tabs->setCurrentIndex(tab);
                return true;
            }
        }
        return false;
    }

    /// What a study asks for: every rule at one budget.
    EvaluateCommand manyRules() {
        EvaluateCommand command;
        for (const char* rule :
             {"bottom-sliding@0.5", "middle-full@0.5", "heads@0.5", "random:0@0.5", "random:1@0.5", "random:2@0.5"})
            for (const NamedLayout& one : layoutsFromRule(rule, m_fixture.snapshot().grid))
                command.layouts.push_back({one.name, one.layout, 64, 4});
        return command;
    }

    /// So slow that the picture is taken while training goes on.
    static FakeSession::Options slowly(FakeSession::Options options) {
        options.stepTime = std::chrono::milliseconds(25);
        return options;
    }

    static FakeSession::Options thirtyLayers() {
        FakeSession::Options options;
        options.layerCount = 30;
        options.kvHeadCount = 3;
        return options;
    }

    QString m_folder;
    QString m_suffix;
    WindowFixture m_fixture;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("window_gallery FOLDER\n", stderr);
        return 2;
    }
    QApplication application(argc, argv);
    return Gallery(QString::fromLocal8Bit(argv[1])).make() ? 0 : 1;
}
