// Numbers as people read them: a true minus. Files and the clipboard keep the ASCII hyphen.
#pragma once

#include <QString>

namespace consa {

/// `text` of a number with every hyphen as U+2212.
[[nodiscard]] QString withTrueMinus(QString text);
/// `text` as it was before withTrueMinus(), for files and the clipboard.
[[nodiscard]] QString withHyphens(QString text);

/// "−1.20", "0.00".
[[nodiscard]] QString numberText(double value, int decimals);
/// "+1.20", "−1.20", "+0.00".
[[nodiscard]] QString signedNumberText(double value, int decimals);
/// "+0.0305 ± 0.0018": two digits of the error decide the decimals, three to five of them; a dash where there is none.
[[nodiscard]] QString differenceText(double value, double error);

}  // namespace consa
