// Trains all weights of a small decoder from nothing by next-token loss: how the demo model is made.
#pragma once

#include "core/model/transformer.h"
#include "core/text/batch_sampler.h"
#include "core/text/token_corpus.h"

#include <torch/optim/adamw.h>

#include <memory>

namespace consa {

/// Knobs of a pretraining run.
struct PretrainConfig {
    int contextTokens = 512;
    int batchSize = 64;
    int stepCount = 1000;
    double learningRate = 2e-3;  // peak; linear warm-up, cosine to a tenth (usual for models of this size)
    int warmupSteps = 200;
    double weightDecay = 0.1;   // of matrices
    double gradientClip = 1.0;  // norm of the whole gradient
    std::uint64_t seed = 0;
};

/// AdamW (betas .9/.95) over all weights in float32, every head full. Borrows the corpus.
class Pretrainer {
public:
    Pretrainer(Transformer& model, const TokenCorpus& corpus, const PretrainConfig& config);

    /// One step; the batch's loss in nats a token. Throws Error (RunFailed) when it is not finite.
    double step();
    [[nodiscard]] int stepsDone() const { return m_step; }

private:
    [[nodiscard]] double learningRate() const;

    Transformer& m_model;
    const TokenCorpus& m_corpus;
    PretrainConfig m_config;
    BatchSampler m_sampler;
    std::vector<torch::Tensor> m_parameters;
    std::unique_ptr<torch::optim::AdamW> m_optimiser;
    int m_step = 0;
};

}  // namespace consa
