// Tables of numbers as text: a line a row, values parted by tabs, as numpy's savetxt and Python's csv write them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace consa {

/// Row-major; every row has `columns` values.
struct NumberTable {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::vector<double> values;

    /// True when every value is 0 or 1.
    [[nodiscard]] bool isHard() const;
};

/// Finite numbers only; empty lines and lines that start with # are skipped, line ends may be \n or \r\n. Throws Error
/// (BadInput) naming `source`, line and column.
[[nodiscard]] NumberTable numberTableFromText(const std::string& text, const std::string& source);

/// numpy's "%.18e" with \n: every double comes back as it was.
[[nodiscard]] std::string toExactText(const NumberTable& table);
/// "1.0" and "0.0" with \r\n, as Python's csv.writer writes lists of floats that are 0 or 1.
[[nodiscard]] std::string toHardText(const NumberTable& table);

}  // namespace consa
