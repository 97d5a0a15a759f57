// Decomposes, orders marks, composes: the three steps of Unicode's composed form.
#include "core/text/composed_form.h"

#include "core/text/unicode_tables.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace consa {
namespace {

using unicode::ClassRun;
using unicode::Decomposition;

// Hangul syllables are computed: leading consonant, vowel, optional trailing consonant.
constexpr std::uint32_t kSyllables = 0xac00;
constexpr std::uint32_t kLeading = 0x1100;
constexpr std::uint32_t kVowels = 0x1161;
constexpr std::uint32_t kTrailing = 0x11a7;
constexpr std::uint32_t kLeadingCount = 19;
constexpr std::uint32_t kVowelCount = 21;
constexpr std::uint32_t kTrailingCount = 28;
constexpr std::uint32_t kSyllableCount = kLeadingCount * kVowelCount * kTrailingCount;

constexpr std::uint32_t kFirstAffected = 0x300;     // no smaller character meets another to become a third or moves
constexpr unsigned char kFirstAffectedByte = 0xcc;  // what its UTF-8 begins with

template <std::size_t N>
const Decomposition* find(const std::array<Decomposition, N>& table, std::uint32_t point) {
    const auto found = std::lower_bound(table.begin(), table.end(), point,
                                        [](const Decomposition& row, std::uint32_t key) { return row.composed < key; });
    return found != table.end() && found->composed == point ? &*found : nullptr;
}

std::uint32_t combiningClass(std::uint32_t point) {
    const auto after = std::upper_bound(unicode::kClassRuns.begin(), unicode::kClassRuns.end(), point,
                                        [](std::uint32_t key, const ClassRun& run) { return key < run.begin; });
    if (after == unicode::kClassRuns.begin()) return 0;
    const ClassRun& run = *(after - 1);
    return point <= run.last ? run.combiningClass : 0;
}

void decompose(std::uint32_t point, std::vector<std::uint32_t>& points) {
    if (point - kSyllables < kSyllableCount) {
        const std::uint32_t index = point - kSyllables;
        points.push_back(kLeading + index / (kVowelCount * kTrailingCount));
        points.push_back(kVowels + index / kTrailingCount % kVowelCount);
        if (index % kTrailingCount != 0) points.push_back(kTrailing + index % kTrailingCount);
        return;
    }
    const Decomposition* row = find(unicode::kPairs, point);
    if (row == nullptr) row = find(unicode::kOneWay, point);
    if (row == nullptr) {
        points.push_back(point);
        return;
    }
    decompose(row->first, points);
    if (row->second != 0) decompose(row->second, points);
}

/// Sorts every run of marks by class; marks of one class keep their order.
void orderMarks(std::vector<std::uint32_t>& points) {
    const auto isBase = [](std::uint32_t point) { return combiningClass(point) == 0; };
    auto begin = points.begin();
    while (begin != points.end()) {
        begin = std::find_if_not(begin, points.end(), isBase);
        const auto end = std::find_if(begin, points.end(), isBase);
        std::stable_sort(begin, end,
                         [](std::uint32_t a, std::uint32_t b) { return combiningClass(a) < combiningClass(b); });
        begin = end;
    }
}

/// The character that two make together, 0 when they make none.
std::uint32_t composition(std::uint32_t first, std::uint32_t second) {
    if (first - kLeading < kLeadingCount && second - kVowels < kVowelCount) {
        return kSyllables + ((first - kLeading) * kVowelCount + second - kVowels) * kTrailingCount;
    }
    const std::uint32_t index = first - kSyllables;
    if (index < kSyllableCount && index % kTrailingCount == 0 && second - kTrailing - 1 < kTrailingCount - 1) {
        return first + second - kTrailing;
    }
    static const auto kCompositions = [] {
        std::unordered_map<std::uint64_t, std::uint32_t> map;
        for (const Decomposition& row : unicode::kPairs) {
            map.emplace(static_cast<std::uint64_t>(row.first) << 32U | row.second, row.composed);
        }
        return map;
    }();
    const auto found = kCompositions.find(static_cast<std::uint64_t>(first) << 32U | second);
    return found == kCompositions.end() ? 0 : found->second;
}

/// Joins each mark to the base before it where Unicode has a character for both and nothing stands in the way.
void compose(std::vector<std::uint32_t>& points) {
    std::size_t kept = 0;
    std::size_t base = points.size();  // index of the last base among those kept
    std::uint32_t previousClass = 0;   // of the last one kept after the base
    for (std::size_t i = 0; i < points.size(); ++i) {
        const std::uint32_t point = points[i];
        const std::uint32_t markClass = combiningClass(point);
        const bool isAdjacent = base < kept && kept - base == 1;
        const bool isReachable = base < kept && (isAdjacent || (previousClass != 0 && previousClass < markClass));
        const std::uint32_t joined = isReachable ? composition(points[base], point) : 0;
        if (joined != 0) {
            points[base] = joined;
            continue;
        }
        if (markClass == 0) base = kept;
        previousClass = markClass;
        points[kept++] = point;
    }
    points.resize(kept);
}

}  // namespace

bool mayChangeWhenComposed(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char byte) { return static_cast<unsigned char>(byte) >= kFirstAffectedByte; });
}

std::string toComposedForm(std::string_view text) {
    std::vector<std::uint32_t> decomposed;
    decomposed.reserve(text.size());
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t count = std::max<std::size_t>(validCharacterBytes(rest), 1);
        const std::uint32_t point = codePointOf(rest.substr(0, count));
        rest.remove_prefix(count);
        // A smaller character is decomposed only to meet a mark behind it.
        const bool staysWhole = point < kFirstAffected && !mayChangeWhenComposed(rest.substr(0, 4));
        if (staysWhole) {
            decomposed.push_back(point);
        } else {
            decompose(point, decomposed);
        }
    }
    orderMarks(decomposed);
    compose(decomposed);
    std::string result;
    for (const std::uint32_t point : decomposed) appendUtf8(point, result);
    return result;
}

}  // namespace consa
