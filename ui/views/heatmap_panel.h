// The heatmap with what stands round it: view buttons, what is on show, the opening hint, exact values.
#pragma once

#include "core/session/session_snapshot.h"

#include "ui/views/heatmap_header.h"

#include <QWidget>

class QAction;
class QHBoxLayout;
class QLabel;
class QModelIndex;
class QStackedLayout;
class QToolButton;

namespace consa {

class GateGridModel;
class GateHeatmap;
class GateHistoryView;
class GateRecord;
class GateTable;
class ReferenceMenu;
class TimelineStrip;

/// The central panel of the window.
class HeatmapPanel final : public QWidget {
    Q_OBJECT

public:
    /// Both must outlive this.
    HeatmapPanel(GateGridModel& model, const GateRecord& record, QWidget* parent = nullptr);

    [[nodiscard]] GateHeatmap& heatmap() { return *m_heatmap; }
    [[nodiscard]] GateTable& table() { return *m_table; }
    [[nodiscard]] TimelineStrip& timeline() { return *m_timeline; }
    [[nodiscard]] HeatmapHeader& header() { return *m_header; }
    void setPage(GatePage page);
    [[nodiscard]] GatePage page() const { return m_page; }
    void setReferenceMenu(ReferenceMenu* menu);
    /// The line of exact values.
    [[nodiscard]] QString readout() const;

    /// Says that a layout from elsewhere is on show; empty when the session is.
    void setShownName(const QString& name);
    /// The action offered beside the hint while the demo is open.
    void setOpenDefaultAction(QAction* action);
    /// Buttons in place of the heatmap while nothing is open.
    void setEmptyActions(const QList<QAction*>& actions);
    /// The button in their place while something is loading.
    void setCancelAction(QAction* action);

public slots:
    void setSnapshot(const consa::SessionSnapshot& snapshot);

signals:
    void sessionRequested();

private:
    void createHeader();
    void createFooter();
    void showTitle();
    void createHint();
    void createEmptyState();
    void updateReadout();
    /// The exact values of one cell in a line.
    [[nodiscard]] QString factsOf(const QModelIndex& index) const;
    [[nodiscard]] QString summary() const;
    /// The value under the pointer at the colour bar, and how many units are near it.
    [[nodiscard]] QString scaleFacts(double value) const;

    GateGridModel& m_model;
    GateHeatmap* m_heatmap;
    HeatmapHeader* m_header;
    GateTable* m_table;
    GateHistoryView* m_history;
    TimelineStrip* m_timeline;
    GatePage m_page = GatePage::Probability;
    QWidget* m_shownStrip = nullptr;
    QLabel* m_shownName = nullptr;
    QWidget* m_hintStrip = nullptr;
    QLabel* m_hint = nullptr;
    QToolButton* m_openDefault = nullptr;
    QLabel* m_readout = nullptr;
    QStackedLayout* m_stack = nullptr;
    QLabel* m_emptyText = nullptr;
    QHBoxLayout* m_emptyButtons = nullptr;
    QToolButton* m_cancel = nullptr;
};

}  // namespace consa
