// Draws the baseline layouts and reads their names.
#include "core/layout/layout_patterns.h"

#include "core/base/dice.h"
#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <string_view>

namespace consa {
namespace {

constexpr std::string_view kSensitivity = "sensitivity";
constexpr std::array<std::string_view, 8> kRuleNames{"full",        "sliding", "interleaved", "bottom-sliding",
                                                     "middle-full", "heads",   "random",      kSensitivity};
constexpr const char* kUnderstood =
    "full, sliding, interleaved@0.5, interleaved:PHASE@0.5, bottom-sliding@0.5, middle-full@0.5, heads@0.5, "
    "random:SEED@0.5, sensitivity@0.5 (the number is the sparsity, 0 to 1) or a layout file";

/// Whole layers, so that both granularities get the same budget.
template <typename IsFull>
AttentionLayout layerRule(const UnitGrid& grid, IsFull isFull) {
    AttentionLayout layout(grid, false);
    for (int layer = 0; layer < grid.layerCount; ++layer) {
        for (int unit = 0; unit < grid.unitsPerLayer(); ++unit) layout.setFull(layer, unit, isFull(layer));
    }
    return layout;
}

/// `share` of `total` items lie before item `i` when they are spread evenly over `count` places.
int evenlyBefore(int i, int total, int count) {
    return static_cast<int>(static_cast<std::int64_t>(i) * total / count);
}

/// NAME[:NUMBER][@SPARSITY] taken apart; views of the word.
struct RuleParts {
    std::string_view name;
    std::optional<std::string_view> number;
    std::optional<std::string_view> sparsity;
};

RuleParts takeApart(std::string_view word) {
    RuleParts parts;
    if (const auto at = word.find('@'); at != std::string_view::npos) {
        parts.sparsity = word.substr(at + 1);
        word = word.substr(0, at);
    }
    if (const auto colon = word.find(':'); colon != std::string_view::npos) {
        parts.number = word.substr(colon + 1);
        word = word.substr(0, colon);
    }
    parts.name = word;
    return parts;
}

bool isRuleName(std::string_view name) {
    return std::find(kRuleNames.begin(), kRuleNames.end(), name) != kRuleNames.end();
}

[[noreturn]] void fail(const std::string& word, const std::string& reason) {
    throw Error("--layout " + word + ": " + reason + "; understood are " + kUnderstood);
}

template <typename Number, typename... Format>
std::optional<Number> parseWhole(std::string_view text, Format... format) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, format...);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

double parseSparsity(const std::string& word, const RuleParts& parts) {
    if (!parts.sparsity) fail(word, "the sparsity is missing");
    const auto sparsity = parseWhole<double>(*parts.sparsity, std::chars_format::fixed);
    if (!sparsity || !(*sparsity >= 0 && *sparsity <= 1)) fail(word, "the sparsity must be a number between 0 and 1");
    return *sparsity;
}

std::vector<NamedLayout> interleavedLayouts(const std::string& word, const RuleParts& parts, const UnitGrid& grid) {
    const double sparsity = parseSparsity(word, parts);
    const int phaseCount = interleavedPhaseCount(grid.layerCount, sparsity);
    if (parts.number) {
        const auto phase = parseWhole<int>(*parts.number);
        if (!phase || *phase < 0 || *phase >= phaseCount) {
            fail(word, "the phase must be a whole number from 0 to " + std::to_string(phaseCount - 1));
        }
        return {{word, interleavedLayout(grid, sparsity, *phase)}};
    }
    std::vector<NamedLayout> layouts;
    for (int phase = 0; phase < phaseCount; ++phase) {
        const std::string name = "interleaved:" + std::to_string(phase) + "@" + std::string(*parts.sparsity);
        layouts.push_back({name, interleavedLayout(grid, sparsity, phase)});
    }
    return layouts;
}

AttentionLayout randomLayoutByName(const std::string& word, const RuleParts& parts, const UnitGrid& grid) {
    const double sparsity = parseSparsity(word, parts);
    const auto seed = parts.number ? parseWhole<std::uint64_t>(*parts.number) : std::nullopt;
    if (!seed) fail(word, "random needs a seed, a whole number from 0, as in random:1@0.5");
    return randomLayout(grid, sparsity, *seed);
}

}  // namespace

AttentionLayout interleavedLayout(const UnitGrid& grid, double sparsity, int phase) {
    const int layers = grid.layerCount;
    const int fullLayers = fullUnitsAtSparsity(layers, sparsity);
    return layerRule(grid, [&](int layer) {
        return evenlyBefore(layer + 1 + phase, fullLayers, layers) > evenlyBefore(layer + phase, fullLayers, layers);
    });
}

int interleavedPhaseCount(int layerCount, double sparsity) {
    const int fullLayers = fullUnitsAtSparsity(layerCount, sparsity);
    return fullLayers == 0 ? 1 : (layerCount + fullLayers - 1) / fullLayers;
}

AttentionLayout bottomSlidingLayout(const UnitGrid& grid, double sparsity) {
    const int slidingLayers = grid.layerCount - fullUnitsAtSparsity(grid.layerCount, sparsity);
    return layerRule(grid, [&](int layer) { return layer >= slidingLayers; });
}

AttentionLayout middleFullLayout(const UnitGrid& grid, double sparsity) {
    const int fullLayers = fullUnitsAtSparsity(grid.layerCount, sparsity);
    const int begin = (grid.layerCount - fullLayers) / 2;
    return layerRule(grid, [&](int layer) { return layer >= begin && layer < begin + fullLayers; });
}

AttentionLayout evenHeadsLayout(const UnitGrid& grid, double sparsity) {
    const int fullUnits = fullUnitsAtSparsity(grid.unitCount(), sparsity);
    AttentionLayout layout(grid, false);
    // The running count also picks the heads, so that no head's column is favoured.
    for (int layer = 0; layer < grid.layerCount; ++layer) {
        const int end = evenlyBefore(layer + 1, fullUnits, grid.layerCount);
        for (int i = evenlyBefore(layer, fullUnits, grid.layerCount); i < end; ++i) {
            layout.setFull(layer, i % grid.unitsPerLayer(), true);
        }
    }
    return layout;
}

AttentionLayout randomLayout(const UnitGrid& grid, double sparsity, std::uint64_t seed) {
    std::vector<std::size_t> order(static_cast<std::size_t>(grid.unitCount()));
    std::iota(order.begin(), order.end(), std::size_t{0});
    Dice(mixSeed(seed, order.size())).shuffle(order);
    AttentionLayout layout(grid, false);
    const int fullUnits = fullUnitsAtSparsity(grid.unitCount(), sparsity);
    for (int i = 0; i < fullUnits; ++i) layout.full[order[static_cast<std::size_t>(i)]] = 1;
    return layout;
}

bool isLayoutRule(const std::string& word) {
    if (isRuleName(takeApart(word).name)) return true;
    const bool isPath = word.find_first_of("/\\") != std::string::npos || word.ends_with(".json");
    return !isPath && word.find('@') != std::string::npos;
}

std::optional<double> sensitivitySparsity(const std::string& word) {
    const RuleParts parts = takeApart(word);
    if (parts.name != kSensitivity) return std::nullopt;
    if (parts.number) fail(word, "sensitivity takes no number after a colon");
    return parseSparsity(word, parts);
}

std::vector<NamedLayout> layoutsFromRule(const std::string& word, const UnitGrid& grid) {
    const RuleParts parts = takeApart(word);
    if (!isRuleName(parts.name)) fail(word, "there is no such rule");
    if (parts.name == kSensitivity) fail(word, "has to be measured on the model");
    if (parts.name == "interleaved") return interleavedLayouts(word, parts, grid);
    if (parts.name == "random") return {{word, randomLayoutByName(word, parts, grid)}};
    if (parts.number) fail(word, std::string(parts.name) + " takes no number after a colon");
    if (parts.name == "full" || parts.name == "sliding") {
        if (parts.sparsity) fail(word, std::string(parts.name) + " takes no sparsity");
        return {{word, AttentionLayout(grid, parts.name == "full")}};
    }
    const double sparsity = parseSparsity(word, parts);
    if (parts.name == "bottom-sliding") return {{word, bottomSlidingLayout(grid, sparsity)}};
    if (parts.name == "middle-full") return {{word, middleFullLayout(grid, sparsity)}};
    return {{word, evenHeadsLayout(grid, sparsity)}};
}

}  // namespace consa
