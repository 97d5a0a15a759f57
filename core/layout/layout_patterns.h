// Baseline layouts by rule, and the names by which the command line asks for them.
#pragma once

#include "core/layout/attention_layout.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// Full layers F of L at `sparsity`; layer i is full iff floor((i+1+phase) F / L) > floor((i+phase) F / L).
[[nodiscard]] AttentionLayout interleavedLayout(const UnitGrid& grid, double sparsity, int phase);
/// Number of distinct phases of the interleaved rule: ceil(L / F); 1 when F is 0.
[[nodiscard]] int interleavedPhaseCount(int layerCount, double sparsity);
/// The lowest layers slide, the rest is full.
[[nodiscard]] AttentionLayout bottomSlidingLayout(const UnitGrid& grid, double sparsity);
/// A block of full layers in the middle.
[[nodiscard]] AttentionLayout middleFullLayout(const UnitGrid& grid, double sparsity);
/// The same share of full heads in every layer, the total exact.
[[nodiscard]] AttentionLayout evenHeadsLayout(const UnitGrid& grid, double sparsity);
/// fullUnitsAtSparsity() units drawn by `seed`.
[[nodiscard]] AttentionLayout randomLayout(const UnitGrid& grid, double sparsity, std::uint64_t seed);

/// A layout asked for by name: `full`, `sliding`, `interleaved@S`, `interleaved:PHASE@S`, `bottom-sliding@S`,
/// `middle-full@S`, `heads@S`, `random:SEED@S`. `interleaved@S` without a phase stands for every phase.
struct NamedLayout {
    std::string name;
    AttentionLayout layout;
};

/// True when `word` has the form of a rule's name rather than a path.
[[nodiscard]] bool isLayoutRule(const std::string& word);
/// The sparsity of `sensitivity@S`, the one rule that has to be measured on a model; nothing for other words. Throws
/// Error (BadInput) when S is no sparsity.
[[nodiscard]] std::optional<double> sensitivitySparsity(const std::string& word);
/// The layouts that a rule's name stands for (several only for `interleaved@S`). Layer rules are drawn per KV head
/// when the grid is. Throws Error (BadInput) naming the word and what is understood, and for
/// `sensitivity@S`.
[[nodiscard]] std::vector<NamedLayout> layoutsFromRule(const std::string& word, const UnitGrid& grid);

}  // namespace consa
