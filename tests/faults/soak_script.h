// A seeded user of the window: trains, steers, evaluates, exports, looks around, in an order that nobody planned.
#pragma once

#include "core/base/dice.h"
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "tests/faults/thread_gaps.h"
#include "ui/export/figure_actions.h"
#include "ui/main_window.h"
#include "ui/models/gate_grid_model.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/run_panel.h"
#include "ui/views/sparsity_slider.h"

#include <QAction>
#include <QDir>
#include <QTabBar>
#include <QtTest>
#include <functional>
#include <map>
#include <vector>

namespace consa {

/// Works on the window as hands would, one thing at each call of act(). Figures and reports go into `folder`.
class SoakScript {
public:
    SoakScript(MainWindow& window, ThreadGaps& gaps, std::uint64_t seed, const QString& folder)
        : m_window(window), m_gaps(gaps), m_dice(seed), m_folder(folder) {
        listDeeds();
        for (const Deed& deed : m_deeds) m_weights += deed.weight;
    }

    void act() {
        const SessionState state = m_window.controller().snapshot().state;
        const bool isAtRest = state == SessionState::Ready || state == SessionState::Paused ||
                              state == SessionState::Finished || state == SessionState::Failed;
        if (isAtRest && m_dice.chance(20)) {
            m_gaps.note(QStringLiteral("start or pause"));
            return press("Space");
        }
        std::size_t draw = m_dice.below(m_weights);
        for (const Deed& deed : m_deeds) {
            if (draw >= deed.weight) {
                draw -= deed.weight;
                continue;
            }
            if (state == SessionState::Evaluating && deed.endsEvaluations && !m_dice.chance(5)) return;
            m_gaps.note(deed.name);
            ++m_counts[deed.name];
            return deed.work();
        }
    }

    /// How often each thing was done.
    [[nodiscard]] const std::map<QString, int>& counts() const { return m_counts; }

private:
    struct Deed {
        QString name;
        std::size_t weight;
        std::function<void()> work;
        bool endsEvaluations;  // which take a minute: seldom
    };

    void listDeeds() {
        const auto add = [this](const char* name, std::size_t weight, std::function<void()> work,
                                bool endsEvaluations = false) {
            m_deeds.push_back({QString::fromLatin1(name), weight, std::move(work), endsEvaluations});
        };
        add("start or pause", 5, [this] { press("Space"); });
        add("target", 14, [this] { slider().nudgeTarget(0.01 * (double(m_dice.below(41)) - 20)); });
        add("cut", 10, [this] {
            QTest::keyClick(&slider(), m_dice.chance(50) ? Qt::Key_Left : Qt::Key_Right, Qt::ControlModifier);
        });
        add("pin", 10, [this] { pin(); });
        add("undo", 5, [this] { press(m_dice.chance(70) ? "Ctrl+Z" : "Ctrl+Shift+Z"); });
        add("evaluate", 3, [this] { press("Ctrl+E"); });
        add(
            "cancel", 1, [this] { press("Esc"); }, true);
        add("copy", 3, [this] { press("Ctrl+Shift+C"); });
        add("figure", 4, [this] { saveOneFigure(); });
        add("report", 1, [this] { writeOneReport(); });
        add("view", 8, [this] {
            QTest::keyClick(&heatmap(), m_dice.pick(std::array{Qt::Key_1, Qt::Key_2, Qt::Key_3, Qt::Key_4, Qt::Key_T}));
        });
        add("hover", 10, [this] {
            QTest::mouseMove(&heatmap(), {place(heatmap().width()), place(heatmap().height())});
        });
        add("tab", 8, [this] {
            QTabBar* tabs = m_dice.pick(m_window.findChildren<QTabBar*>());
            tabs->setCurrentIndex(place(tabs->count()));
        });
        add("theme", 1, [this] { press("Alt+M"); });
        add("text size", 1, [this] { press(m_dice.chance(50) ? "Ctrl+=" : "Ctrl+-"); });
        add("resize", 2, [this] { m_window.resize(1024 + place(600), 700 + place(300)); });
        add("freeze", 1, [this] { trigger(QStringLiteral("Freeze gates")); });
        add("polish", 1, [this] { trigger(QStringLiteral("Polish layout")); });
        add(
            "stop", 2, [this] { press("Ctrl+."); }, true);
        add(
            "open the demo", 1, [this] { trigger(QStringLiteral("Open the demo")); }, true);
        add("look at a run", 2, [this] { withRun([this](const QString& run) { m_window.openPath(run); }); });
        add("resume a run", 1, [this] {
            withRun([this](const QString& run) { emit m_window.findChild<RunPanel*>()->resumeRequested(run); });
        });
    }

    [[nodiscard]] SparsitySlider& slider() const { return *m_window.findChild<SparsitySlider*>(); }
    [[nodiscard]] GateHeatmap& heatmap() const { return *m_window.findChild<GateHeatmap*>(); }
    [[nodiscard]] int place(int bound) { return static_cast<int>(m_dice.below(std::size_t(std::max(1, bound)))); }

    /// The enabled action with these keys.
    void press(const char* keys) {
        const QKeySequence wanted(QString::fromLatin1(keys));
        for (QAction* action : m_window.findChildren<QAction*>())
            if (action->isEnabled() && action->shortcuts().contains(wanted)) return action->trigger();
    }
    void trigger(const QString& text) {
        for (QAction* action : m_window.findChildren<QAction*>())
            if (action->isEnabled() && action->text() == text) return action->trigger();
    }

    void pin() {
        const SessionSnapshot& snapshot = m_window.controller().snapshot();
        if (!snapshot.model) return;
        heatmap().select({place(snapshot.model->layerCount), place(snapshot.model->kvHeadCount)});
        QTest::keyClick(&heatmap(), m_dice.pick(std::array{Qt::Key_P, Qt::Key_W, Qt::Key_U, Qt::Key_U}));
    }

    void saveOneFigure() {
        auto* figures = m_window.findChild<FigureActions*>();
        std::vector<std::shared_ptr<const Figure>> choices = figures->otherFigures();
        choices.push_back(makeFigure(figures->currentFigure()));
        const FigureFormat format = m_dice.pick(
            std::array{FigureFormat::Png, FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Csv, FigureFormat::Tsv});
        figures->saveFigureInto(m_dice.pick(choices), {}, format,
                                m_folder + QStringLiteral("/figure.") + formatWord(format));
    }

    void writeOneReport() {
        const QString path = m_folder + QStringLiteral("/report");
        QDir(path).removeRecursively();
        m_window.findChild<FigureActions*>()->writeReportInto(path);
    }

    void withRun(const std::function<void(const QString&)>& work) {
        const QDir runs(QString::fromStdString((dataFolder() / "runs").string()));
        const QStringList names = runs.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
        if (!names.isEmpty()) work(runs.filePath(m_dice.pick(names)));
    }

    MainWindow& m_window;
    ThreadGaps& m_gaps;
    Dice m_dice;
    QString m_folder;
    std::vector<Deed> m_deeds;
    std::size_t m_weights = 0;
    std::map<QString, int> m_counts;
};

}  // namespace consa
