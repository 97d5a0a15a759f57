// Whether a layout was made with the model that it is to be used on.
#pragma once

#include "core/layout/layout_file.h"

#include <string>

namespace consa {

/// True unless both names are known and differ in more than case, spaces and punctuation.
[[nodiscard]] bool isSameModelName(const std::string& left, const std::string& right);

/// A sentence naming both models when `file` was made with another one than `model`, of whatever shape; else empty.
[[nodiscard]] std::string otherModelWarning(const LayoutFile& file, const std::string& model,
                                            const std::string& source);

}  // namespace consa
