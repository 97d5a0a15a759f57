// Seeded integers that are the same on every machine and library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace consa {

/// One seed from two numbers (SplitMix64's finaliser): neighbouring pairs give unrelated generators.
[[nodiscard]] inline std::uint64_t mixSeed(std::uint64_t seed, std::uint64_t index) {
    const auto finalise = [](std::uint64_t value) {
        value += 0x9e3779b97f4a7c15ULL;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
        value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
        return value ^ (value >> 31);
    };
    return finalise(finalise(seed) ^ index);
}

/// Draws from std::mt19937_64, whose output the standard fixes; the standard's distributions differ between libraries.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : m_generator(seed) {}

    /// Uniform in [0, bound); `bound` > 0.
    std::size_t below(std::size_t bound) {
        const std::uint64_t limit = std::mt19937_64::max() - std::mt19937_64::max() % bound;
        std::uint64_t draw = m_generator();
        while (draw >= limit) draw = m_generator();
        return static_cast<std::size_t>(draw % bound);
    }
    bool chance(std::size_t percent) { return below(100) < percent; }

    /// An entry of an array, vector or string view that is not empty.
    template <typename Table>
    auto pick(const Table& table) {
        return table[below(table.size())];
    }

    /// Fisher and Yates.
    template <typename Value>
    void shuffle(std::vector<Value>& values) {
        for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
    }

private:
    std::mt19937_64 m_generator;
};

}  // namespace consa
