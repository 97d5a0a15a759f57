// Docks, their title bars and their sizes.
#include "ui/dock_area.h"

#include "ui/style/application_style.h"
#include "ui/style/icons.h"

#include <QDockWidget>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>
#include <algorithm>
#include <utility>

namespace consa {

namespace {

constexpr int kLayoutVersion = 2;    // raise when docks change: older layouts are then ignored
constexpr int kCompactHeight = 660;  // pixels; below it three rows of panels are too small to read (taste)
constexpr int kNarrowResults = 300;  // pixels; in the place of the plots
constexpr int kResultsHeight = 226;  // pixels; six rows of the comparison
const QString kLayoutKey = QStringLiteral("window/docks");

/// A quiet title: the panel's name or tabs and a button that hides it. Dragging and double-clicks reach the dock.
QWidget* createTitleBar(QDockWidget* dock, QWidget* heading) {
    auto* bar = new QWidget;
    bar->setAutoFillBackground(true);
    bar->setBackgroundRole(QPalette::Window);
    auto* close = new QToolButton;
    close->setIcon(lineIcon(QStringLiteral("close")));
    close->setIconSize(QSize(12, 12));
    close->setAutoRaise(true);
    close->setFocusPolicy(Qt::NoFocus);
    close->setToolTip(QDockWidget::tr("Hide this panel (View brings it back)"));
    close->setAccessibleName(QDockWidget::tr("Hide %1").arg(dock->windowTitle()));
    QObject::connect(close, &QToolButton::clicked, dock, &QDockWidget::close);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(12, 2, 6, 2);
    layout->addWidget(heading);
    layout->addStretch();
    layout->addWidget(close);
    return bar;
}

}  // namespace

DockArea::DockArea(QWidget* parent) : QMainWindow(parent) {
    setWindowFlags(Qt::Widget);
    setDockOptions(QMainWindow::AllowNestedDocks | QMainWindow::AllowTabbedDocks);
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
    setContextMenuPolicy(Qt::NoContextMenu);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    setDocumentMode(true);
}

void DockArea::setPanels(QWidget* heatmap, QWidget* curves, QWidget* steering) {
    setCentralWidget(heatmap);
    m_plotTabs.create(tr("Plots"));
    m_plotTabs.add(tr("Curves"), curves);
    m_resultTabs.create(tr("Results"));
    m_resultTabs.panels->setMinimumWidth(kNarrowResults);
    m_curves = createDock(QStringLiteral("curvesDock"), tr("Plots"), m_plotTabs.panels, m_plotTabs.bar);
    m_steering = createDock(QStringLiteral("steeringDock"), tr("Steering"), steering, nullptr);
    m_results = createDock(QStringLiteral("resultsDock"), tr("Results"), m_resultTabs.panels, m_resultTabs.bar);
    steering->installEventFilter(this);
    placeDocks();
}

void DockArea::Tabs::create(const QString& name) {
    bar = new QTabBar;
    bar->setExpanding(false);
    bar->setAccessibleName(name);
    panels = new QStackedWidget;
    QObject::connect(bar, &QTabBar::currentChanged, panels, &QStackedWidget::setCurrentIndex);
}

void DockArea::Tabs::add(const QString& title, QWidget* panel) {
    panels->addWidget(panel);
    bar->addTab(title);
    bar->updateGeometry();  // Qt's bar says so only while it is seen
}

void DockArea::showTab(QWidget* panel) {
    for (const Tabs& tabs : {m_plotTabs, m_resultTabs}) {
        const int index = tabs.panels->indexOf(panel);
        if (index < 0) continue;
        tabs.bar->setCurrentIndex(index);
        for (QDockWidget* dock : docks())
            if (dock->widget() == tabs.panels) dock->raise();
    }
}

QDockWidget* DockArea::createDock(const QString& objectName, const QString& title, QWidget* panel, QWidget* heading) {
    auto* dock = new QDockWidget(title, this);
    dock->setObjectName(objectName);
    dock->setWidget(panel);
    dock->setTitleBarWidget(heading ? createTitleBar(dock, heading) : new QWidget);
    return dock;
}

void DockArea::placeDocks() {
    addDockWidget(Qt::RightDockWidgetArea, m_curves);
    addDockWidget(Qt::BottomDockWidgetArea, m_steering);
    placeResults();
    for (QDockWidget* dock : docks()) {
        dock->setFloating(false);
        dock->show();
    }
}

void DockArea::placeResults() {
    removeDockWidget(m_results);
    if (m_isCompact) {
        tabifyDockWidget(m_curves, m_results);
        m_curves->raise();
    } else {
        splitDockWidget(m_steering, m_results, Qt::Vertical);
    }
    m_results->show();
    for (auto* bar : findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly))
        bar->setAccessibleName(tr("Panels"));
}

void DockArea::shareSpace() {
    const bool isCompact = height() < kCompactHeight;
    if (isCompact != m_isCompact) {
        m_isCompact = isCompact;
        placeResults();
    }
    m_steeringHeight = m_steering->sizeHint().height();
    resizeDocks({m_curves}, {width() * 52 / 100}, Qt::Horizontal);
    if (m_isCompact) {
        resizeDocks({m_steering}, {m_steeringHeight}, Qt::Vertical);
    } else {
        resizeDocks({m_steering, m_results}, {m_steeringHeight, kResultsHeight}, Qt::Vertical);
    }
}

void DockArea::toggleMaximised(QWidget* focus) {
    if (isMaximised()) {
        for (QWidget* panel : std::exchange(m_hidden, {})) panel->show();
        return;
    }
    QList<QWidget*> panels{centralWidget()};
    for (QDockWidget* dock : docks()) panels << dock;
    const auto holdsFocus = [focus](const QWidget* panel) { return focus && panel->isAncestorOf(focus); };
    const auto found = std::find_if(panels.begin(), panels.end(), holdsFocus);
    const QWidget* kept = found == panels.end() ? panels.front() : *found;
    for (QWidget* panel : panels)
        if (panel != kept && !panel->isHidden()) m_hidden << panel;
    for (QWidget* panel : m_hidden) panel->hide();
}

void DockArea::resetLayout() {
    if (isMaximised()) toggleMaximised(nullptr);
    placeDocks();
    m_isFirstLayout = true;
    shareSpace();
}

void DockArea::restoreLayout() {
    const QByteArray state = QSettings().value(kLayoutKey).toByteArray();
    if (!state.isEmpty() && restoreState(state, kLayoutVersion)) m_isFirstLayout = false;
}

void DockArea::saveLayout() const {
    if (isMaximised()) return;  // the layout of before stays
    QSettings().setValue(kLayoutKey, saveState(kLayoutVersion));
}

QList<QDockWidget*> DockArea::docks() const {
    return {m_curves, m_steering, m_results};
}

void DockArea::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    if (m_isFirstLayout) shareSpace();
}

// The steering grows when the losses of cuts are known; that is not to be at the results' cost.
bool DockArea::eventFilter(QObject* watched, QEvent* event) {
    const bool isGrown = event->type() == QEvent::LayoutRequest && m_isFirstLayout &&
                         m_steering->sizeHint().height() != m_steeringHeight;
    if (isGrown) QMetaObject::invokeMethod(this, &DockArea::shareSpace, Qt::QueuedConnection);
    return QMainWindow::eventFilter(watched, event);
}

}  // namespace consa
