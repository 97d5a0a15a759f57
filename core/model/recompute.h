// What a training step computes a second time instead of keeping it.
#pragma once

#include <string>

namespace consa {

/// Activations of a layer that are computed again in the backward pass, from none to all.
enum class Recompute {
    None,
    FeedForward,  // the feed-forward part's hidden values, and the rotated heads where they are normed
    Layer,        // everything but the layer's input
};

[[nodiscard]] std::string toString(Recompute recompute);
/// Throws Error (BadInput) saying what is understood.
[[nodiscard]] Recompute recomputeFromString(const std::string& word);

}  // namespace consa
