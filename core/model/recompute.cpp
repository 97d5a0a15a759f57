// Names of what is computed twice.
#include "core/model/recompute.h"

#include "core/base/error.h"

namespace consa {

std::string toString(Recompute recompute) {
    switch (recompute) {
        case Recompute::None:
            return "none";
        case Recompute::FeedForward:
            return "feed-forward";
        case Recompute::Layer:
            return "layer";
    }
    return {};
}

Recompute recomputeFromString(const std::string& word) {
    for (const Recompute recompute : {Recompute::None, Recompute::FeedForward, Recompute::Layer})
        if (word == toString(recompute)) return recompute;
    throw Error("recomputation " + word + " is not known; there are none, feed-forward and layer");
}

}  // namespace consa
