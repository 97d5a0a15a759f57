// Moves the pointer over a widget.
#pragma once

#include <QApplication>
#include <QMouseEvent>
#include <QWidget>

namespace consa {

/// Tells the widget that the pointer is at `point`. QTest::mouseMove asks the platform's cursor to go there, which
/// cannot leave a screen that is smaller than the window, as the offscreen one is at a scale of 2.
inline void moveMouse(QWidget& widget, QPointF point) {
    QMouseEvent event(QEvent::MouseMove, point, widget.mapToGlobal(point), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QApplication::sendEvent(&widget, &event);
}

}  // namespace consa
