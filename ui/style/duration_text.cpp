// Seconds into words.
#include "ui/style/duration_text.h"

#include <QCoreApplication>
#include <cmath>

namespace consa {

QString durationText(double seconds) {
    const auto whole = static_cast<qint64>(std::llround(seconds));
    if (whole < 60) return QCoreApplication::translate("consa", "%1 s").arg(whole);
    if (whole < 3600) return QCoreApplication::translate("consa", "%1 min %2 s").arg(whole / 60).arg(whole % 60);
    return QCoreApplication::translate("consa", "%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

}  // namespace consa
