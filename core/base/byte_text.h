// Sizes of memory and files as people read them.
#pragma once

#include <string>

namespace consa {

/// "1.02 GiB": about three digits in units of 1024, a point whatever the locale.
[[nodiscard]] std::string byteText(double bytes);

}  // namespace consa
