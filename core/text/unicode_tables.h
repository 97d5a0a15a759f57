// Data of Unicode's composed form (NFC); the numbers are written by make_unicode_tables.py.
#pragma once

#include <array>
#include <cstdint>

namespace consa::unicode {

/// One step of a canonical decomposition; `second` is 0 when one character stands for another.
struct Decomposition {
    std::uint32_t composed;
    std::uint32_t first;
    std::uint32_t second;
};

/// Code points of one canonical combining class other than 0.
struct ClassRun {
    std::uint32_t begin;
    std::uint32_t last;
    std::uint32_t combiningClass;
};

extern const std::array<Decomposition, 941> kPairs;    // by `composed`; composed again
extern const std::array<Decomposition, 1120> kOneWay;  // by `composed`; never composed again
extern const std::array<ClassRun, 382> kClassRuns;     // by `begin`

}  // namespace consa::unicode
