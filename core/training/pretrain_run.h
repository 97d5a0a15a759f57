// A whole pretraining: generated text in, a model file out.
#pragma once

#include "core/text/corpus_options.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace consa {

/// What is trained, on what, how long.
struct PretrainRun {
    std::string shape = "demo";                      // or miniature-WIDTH
    std::vector<std::string> corpus{"generated:0"};  // generated:SEED or as loadCorpus() takes them
    CorpusOptions text{};                            // how they are read, split and cut
    int documents = 16000;                           // of generated text, for the demo
    std::string tokenizer = "default";               // the model whose tokens a miniature reads
    std::string device = "auto";
    std::string out;  // folder for demo_model.safetensors, or the miniature's own
    int contextTokens = 512;
    int batchSize = 64;
    int stepCount = 20000;
    double learningRate = 2e-3;  // peak
    std::uint64_t seed = 0;      // of weights and data order
};

/// Steps done, mean loss of the steps since the last call (nats a byte), seconds since the start.
using PretrainReport = std::function<void(int step, double loss, double seconds)>;

/// The command line that repeats the run.
[[nodiscard]] std::string commandOf(const PretrainRun& run);

/// Trains and writes a miniature's folder, or out/demo_model.safetensors (bfloat16; config and recipe in its metadata).
/// Returns the last reported loss. Throws Error (BadInput) for an unknown shape or counts below 1.
double runPretraining(const PretrainRun& run, const PretrainReport& report);

}  // namespace consa
