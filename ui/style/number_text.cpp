// Signs and decimals.
#include "ui/style/number_text.h"

#include <algorithm>
#include <cmath>

namespace consa {

namespace {

constexpr QChar kMinus(0x2212);
constexpr QChar kHyphen(u'-');

}  // namespace

QString withTrueMinus(QString text) {
    return text.replace(kHyphen, kMinus);
}

QString withHyphens(QString text) {
    return text.replace(kMinus, kHyphen);
}

QString numberText(double value, int decimals) {
    const QString text = QString::number(value, 'f', decimals);
    // What is rounded to nothing has no sign.
    const bool isZero = std::none_of(text.begin(), text.end(), [](QChar c) { return c >= u'1' && c <= u'9'; });
    return std::isfinite(value) && isZero ? QString::number(0.0, 'f', decimals) : withTrueMinus(text);
}

QString signedNumberText(double value, int decimals) {
    const QString text = numberText(value, decimals);
    return text.startsWith(kMinus) ? text : QLatin1Char('+') + text;
}

QString differenceText(double value, double error) {
    if (!std::isfinite(value)) return QStringLiteral("–");
    int decimals = 4;
    if (error > 0) decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(error))), 3, 5);
    return QStringLiteral("%1 ± %2").arg(signedNumberText(value, decimals), numberText(error, decimals));
}

}  // namespace consa
