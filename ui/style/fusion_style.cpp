// Which elements are painted our way, and how much room they take.
#include "ui/style/fusion_style.h"

#include "ui/style/application_style.h"
#include "ui/style/fusion_painting.h"
#include "ui/style/icons.h"

#include <QHeaderView>
#include <QPainter>
#include <QStyleOption>
#include <QTabBar>
#include <QTableView>
#include <QToolBar>
#include <QToolButton>

namespace consa {

namespace {

constexpr char kProminent[] = "prominent";
constexpr int kHeaderPadding = 5;  // above and below a header's word
constexpr int kSortArrowRoom = 6;  // more above it where an arrow can stand
constexpr int kSortArrowSize = 6;
constexpr int kMenuArrowRoom = 22;  // right of the text of a button that opens a menu
constexpr int kMenuArrowSize = 14;
constexpr int kMenuArrowMargin = 4;
constexpr int kToolBarPadding = 8;
constexpr int kToolBarSeparator = 13;  // its line and the room on both sides
constexpr int kDockSeparator = 7;
constexpr QSize kTabPadding(24, 12);
constexpr QSize kProminentPadding(24, 10);
constexpr int kToolTipPadding = 4;

bool isSortable(const QWidget* widget) {
    const auto* header = qobject_cast<const QHeaderView*>(widget);
    return header != nullptr && header->isSortIndicatorShown();
}

bool isProminent(const QWidget* widget) {
    return qobject_cast<const QToolButton*>(widget) != nullptr && widget->property(kProminent).toBool();
}

bool isMenuButton(const QWidget* widget) {
    const auto* button = qobject_cast<const QToolButton*>(widget);
    return button != nullptr && button->popupMode() == QToolButton::InstantPopup && !button->text().isEmpty();
}

/// Where the arrow of a button that opens a menu stands.
QRect menuArrowRect(const QRect& button) {
    return {button.right() + 1 - kMenuArrowMargin - kMenuArrowSize, button.center().y() - kMenuArrowSize / 2,
            kMenuArrowSize, kMenuArrowSize};
}

}  // namespace

FusionStyle::FusionStyle() : QProxyStyle(QStringLiteral("Fusion")) {}

void FusionStyle::polish(QWidget* widget) {
    QProxyStyle::polish(widget);
    if (auto* tabs = qobject_cast<QTabBar*>(widget)) tabs->setDrawBase(false);
}

void FusionStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                                const QWidget* widget) const {
    switch (element) {
        case PE_IndicatorCheckBox:
        case PE_IndicatorItemViewItemCheck:
            return paintCheckBox(*painter, *option);
        case PE_IndicatorDockWidgetResizeHandle:
            return paintSeparator(*painter, *option, 0);
        case PE_IndicatorToolBarSeparator:
            return paintSeparator(*painter, *option, 4);
        case PE_PanelStatusBar:
            return paintTopLine(*painter, *option);
        case PE_PanelTipLabel:
            return paintToolTip(*painter, *option);
        case PE_FrameStatusBarItem:
        case PE_FrameTabBarBase:
            return;
        default:
            QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
}

void FusionStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                              const QWidget* widget) const {
    if (element == CE_ToolBar) return paintBottomLine(*painter, *option);
    if (element == CE_HeaderEmptyArea) return painter->fillRect(option->rect, option->palette.color(QPalette::Base));
    if (element == CE_HeaderSection) return paintHeaderSection(*painter, *option);
    if (element == CE_Header) {
        const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option);
        if (header != nullptr) return drawHeader(*header, painter, widget);
    }
    if (element == CE_TabBarTabShape) return paintTab(*painter, *option);
    if (element == CE_ProgressBar) {
        const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option);
        if (bar != nullptr) return paintProgressBar(*painter, *bar);
    }
    if (element == CE_HeaderLabel)
        return drawColored<QStyleOptionHeader>(element, option, QPalette::ButtonText, mutedColor(option->palette),
                                               painter, widget);
    if (element == CE_TabBarTabLabel)
        return drawColored<QStyleOptionTab>(element, option, QPalette::WindowText, tabTextColor(*option), painter,
                                            widget);
    if (element == CE_ToolButtonLabel && isProminent(widget))
        return drawColored<QStyleOptionToolButton>(element, option, QPalette::ButtonText, prominentTextColor(*option),
                                                   painter, widget);
    if (element == CE_ToolButtonLabel && isMenuButton(widget)) {
        if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option)) {
            QStyleOptionToolButton label = *button;
            label.rect.setRight(label.rect.right() - kMenuArrowRoom);
            return QProxyStyle::drawControl(element, &label, painter, widget);
        }
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void FusionStyle::drawHeader(const QStyleOptionHeader& header, QPainter* painter, const QWidget* widget) const {
    drawControl(CE_HeaderSection, &header, painter, widget);
    QStyleOptionHeader part = header;
    part.rect = subElementRect(SE_HeaderLabel, &header, widget);
    drawControl(CE_HeaderLabel, &part, painter, widget);
    if (header.sortIndicator == QStyleOptionHeader::None) return;
    part.rect = subElementRect(SE_HeaderArrow, &header, widget);
    drawPrimitive(PE_IndicatorHeaderArrow, &part, painter, widget);
}

template <typename Option>
void FusionStyle::drawColored(ControlElement element, const QStyleOption* option, QPalette::ColorRole role,
                              const QColor& color, QPainter* painter, const QWidget* widget) const {
    const auto* known = qstyleoption_cast<const Option*>(option);
    if (known == nullptr) return QProxyStyle::drawControl(element, option, painter, widget);
    Option colored = *known;
    colored.palette.setColor(role, color);
    QProxyStyle::drawControl(element, &colored, painter, widget);
}

void FusionStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                                     const QWidget* widget) const {
    const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option);
    if (control != CC_ToolButton || button == nullptr)
        return QProxyStyle::drawComplexControl(control, option, painter, widget);
    if (isProminent(widget)) {
        paintProminentButton(*painter, *button);
        return drawControl(CE_ToolButtonLabel, button, painter, widget);
    }
    if (!isMenuButton(widget)) return QProxyStyle::drawComplexControl(control, option, painter, widget);
    QStyleOptionToolButton plain = *button;
    plain.features &= ~QStyleOptionToolButton::HasMenu;
    QProxyStyle::drawComplexControl(control, &plain, painter, widget);
    QStyleOption arrow = *button;
    arrow.rect = menuArrowRect(button->rect);
    drawPrimitive(PE_IndicatorArrowDown, &arrow, painter, widget);
}

int FusionStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
    switch (metric) {
        case PM_FocusFrameHMargin:
            // A cell's text begins a pixel inside its frame.
            if (qobject_cast<const QTableView*>(widget) != nullptr) return kCellMargin - 1;
            break;
        case PM_ToolBarFrameWidth:
            return kToolBarPadding;
        case PM_ToolBarItemMargin:
        case PM_TabBarTabOverlap:
        case PM_TabBarBaseOverlap:
        case PM_TabBarTabShiftVertical:
        case PM_TabBarTabShiftHorizontal:
            return 0;
        case PM_ToolBarItemSpacing:
            return 4;
        case PM_ToolBarSeparatorExtent:
            return kToolBarSeparator;
        case PM_DockWidgetSeparatorExtent:
            return kDockSeparator;
        case PM_TabBarTabHSpace:
            return kTabPadding.width();
        case PM_TabBarTabVSpace:
            return kTabPadding.height();
        case PM_ToolTipLabelFrameWidth:
            return kToolTipPadding;
        default:
            break;
    }
    return QProxyStyle::pixelMetric(metric, option, widget);
}

QSize FusionStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                                    const QWidget* widget) const {
    if (type == CT_HeaderSection) {
        if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
            const QSize text = header->fontMetrics.size(0, header->text);
            const int arrow = isSortable(widget) ? kSortArrowRoom : 0;
            return {text.width() + 2 * kCellMargin, text.height() + 2 * kHeaderPadding + arrow + 1};
        }
    }
    if (type == CT_ToolButton && isProminent(widget)) return contents + kProminentPadding;
    QSize size = QProxyStyle::sizeFromContents(type, option, contents, widget);
    if (type == CT_ToolButton && isMenuButton(widget)) size.rwidth() += kMenuArrowRoom;
    return size;
}

QRect FusionStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const {
    const QRect& rect = option->rect;
    if (element == SE_HeaderLabel) {
        const int arrow = isSortable(widget) ? kSortArrowRoom : 0;
        return rect.adjusted(kCellMargin, kHeaderPadding + arrow, -kCellMargin, -kHeaderPadding - 1);
    }
    if (element == SE_HeaderArrow)
        return {rect.center().x() - kSortArrowSize / 2, rect.top() + 2, kSortArrowSize, kSortArrowSize};
    return QProxyStyle::subElementRect(element, option, widget);
}

QIcon FusionStyle::standardIcon(StandardPixmap icon, const QStyleOption* option, const QWidget* widget) const {
    // Fusion's own is dark on every ground.
    if (icon == SP_ToolBarHorizontalExtensionButton) return lineIcon(QStringLiteral("more"));
    return QProxyStyle::standardIcon(icon, option, widget);
}

void setProminent(QToolButton& button) {
    button.setProperty(kProminent, true);
    button.setAttribute(Qt::WA_Hover);
}

}  // namespace consa
