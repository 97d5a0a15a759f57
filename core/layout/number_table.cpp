// Reads and writes tab-separated numbers, whatever the locale.
#include "core/layout/number_table.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace consa {
namespace {

constexpr int kExactDigits = 18;  // numpy's savetxt

[[noreturn]] void fail(const std::string& source, std::size_t line, const std::string& problem) {
    throw Error(source + ": line " + std::to_string(line) + problem);
}

/// A piece for a message, cut where it gets long.
std::string shown(std::string_view piece) {
    constexpr std::size_t kLongest = 40;
    return "\"" + std::string(piece.substr(0, kLongest)) + (piece.size() > kLongest ? "...\"" : "\"");
}

double parseNumber(std::string_view piece, const std::string& source, std::size_t line, std::size_t column) {
    while (!piece.empty() && piece.front() == ' ') piece.remove_prefix(1);
    while (!piece.empty() && piece.back() == ' ') piece.remove_suffix(1);
    const std::string_view digits = piece.starts_with('+') ? piece.substr(1) : piece;
    double value = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool isWhole = code == std::errc() && end == digits.data() + digits.size();
    if (!isWhole || !std::isfinite(value)) {
        fail(source, line, ", column " + std::to_string(column) + " is " + shown(piece) + ", expected a finite number");
    }
    return value;
}

void readRow(std::string_view text, const std::string& source, std::size_t line, NumberTable& table) {
    std::size_t column = 0;
    for (;;) {
        const std::size_t tab = text.find('\t');
        table.values.push_back(parseNumber(text.substr(0, tab), source, line, ++column));
        if (tab == std::string_view::npos) break;
        text.remove_prefix(tab + 1);
    }
    if (table.rows == 0) table.columns = column;
    if (column != table.columns) {
        fail(source, line,
             " has " + std::to_string(column) + " values, but the first row has " + std::to_string(table.columns));
    }
    ++table.rows;
}

template <typename Write>
std::string joined(const NumberTable& table, const char* lineEnd, Write write) {
    std::string text;
    for (std::size_t i = 0; i < table.values.size(); ++i) {
        text += write(table.values[i]);
        text += (i + 1) % table.columns == 0 ? lineEnd : "\t";
    }
    return text;
}

std::string exactText(double value) {
    std::array<char, 64> text{};
    const auto [end, code] =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific, kExactDigits);
    return {text.data(), end};
}

}  // namespace

bool NumberTable::isHard() const {
    return std::all_of(values.begin(), values.end(), [](double value) { return value == 0 || value == 1; });
}

NumberTable numberTableFromText(const std::string& text, const std::string& source) {
    NumberTable table;
    std::string_view rest = text;
    for (std::size_t line = 1; !rest.empty(); ++line) {
        const std::size_t end = rest.find('\n');
        std::string_view row = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (row.ends_with('\r')) row.remove_suffix(1);
        if (!row.empty() && !row.starts_with('#')) readRow(row, source, line, table);
    }
    if (table.rows == 0) throw Error(source + " has no numbers; expected a line a layer, a value a KV head");
    return table;
}

std::string toExactText(const NumberTable& table) {
    return joined(table, "\n", exactText);
}

std::string toHardText(const NumberTable& table) {
    return joined(table, "\r\n", [](double value) { return value != 0 ? "1.0" : "0.0"; });
}

}  // namespace consa
