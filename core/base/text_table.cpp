// Pads cells to their column's width.
#include "core/base/text_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace consa {
namespace {

std::size_t width(const std::string& text) {
    const auto beginsCharacter = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), beginsCharacter));
}

}  // namespace

std::string alignedText(const std::vector<std::vector<std::string>>& lines, std::size_t wordColumns) {
    std::vector<std::size_t> widths(lines.empty() ? 0 : lines[0].size(), 0);
    for (const auto& line : lines) {
        for (std::size_t column = 0; column < widths.size(); ++column)
            widths[column] = std::max(widths[column], width(line[column]));
    }
    std::string text;
    for (const auto& line : lines) {
        for (std::size_t column = 0; column < widths.size(); ++column) {
            const std::string padding(widths[column] - width(line[column]), ' ');
            if (column > 0) text += "  ";
            text += column < wordColumns ? line[column] + padding : padding + line[column];
        }
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    return text;
}

std::string fixedDigits(double value, int digits) {
    if (!std::isfinite(value)) return "-";
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), std::abs(value) < 1e12 ? "%.*f" : "%.*e", digits, value);
    return text.data();
}

}  // namespace consa
