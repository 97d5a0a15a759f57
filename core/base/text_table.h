// Cells of text lined up for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace consa {

/// One line of text for each of `lines`, which hold equally many cells: two spaces between columns, the first
/// `wordColumns` aligned to the left, the others (numbers) to the right; no spaces at a line's end. Widths count
/// characters of UTF-8.
[[nodiscard]] std::string alignedText(const std::vector<std::vector<std::string>>& lines, std::size_t wordColumns);

/// `value` rounded as printf does to `digits` after the point; "-" for what is not finite.
[[nodiscard]] std::string fixedDigits(double value, int digits);

}  // namespace consa
