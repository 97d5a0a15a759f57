// The record of a run of the smallest model, for tests of run folders.
#pragma once

#include "core/session/run_folder.h"

namespace consa {

inline RunRecord smallRun(LearningMode mode = LearningMode::Gates) {
    RunRecord result;
    result.config.model = "demo";
    result.config.mode = mode;
    result.model.name = "m";
    result.model.architecture = "llama";
    result.model.layerCount = 1;
    result.model.queryHeadCount = result.model.kvHeadCount = 2;
    result.model.headDim = 4;
    result.model.hiddenSize = result.model.feedForwardSize = 8;
    result.model.vocabularySize = result.model.contextTokens = 16;
    return result;
}

}  // namespace consa
