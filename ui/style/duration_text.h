// How times are written.
#pragma once

#include <QString>

namespace consa {

/// "8 s", "4 min 10 s", "3 h 5 min".
[[nodiscard]] QString durationText(double seconds);

}  // namespace consa
