// The choices of a run that are words: what is learned, under which constraint, by which loss.
#pragma once

#include "core/layout/rounding.h"

#include <string>

namespace consa {

/// Number format of weights and activations. Auto: bfloat16 on a GPU; on a CPU float32 for evaluating and bfloat16
/// for learning where the processor multiplies it natively.
enum class DataType { Auto, Float32, BFloat16 };

/// What moves. Gates: weights are frozen. GatesAndWeights: both, jointly (the paper's first stage). Recover: the layout
/// is fixed and the weights train on (its second stage).
enum class LearningMode { Gates, GatesAndWeights, Recover };

/// What is minimised beside the constraint. NextToken: cross-entropy (ConSA, PruLong). DistillKl: KL divergence of the
/// logits from those of the model with every head full. DistillHidden: squared error of the last hidden states to that
/// model's, relative to their size (DuoAttention's choice).
enum class TrainingLoss { NextToken, DistillKl, DistillHidden };

/// What the constraint holds to the target. Expected: mean P(z = 0) in closed form. Sampled: mean 1 - z of the step's
/// sample (PruLong). Both push the gates by the closed form's slope: the sample's own is 0 wherever a gate is clamped,
/// and learning then lost heads that it should have kept (measured, tst_known_heads).
enum class SparsityEstimate { Expected, Sampled };

/// How gates are learned. Consa: L0 gates under an augmented Lagrangian. The rest are what it is compared with. Ranked:
/// a plain gate z in 0..1 a unit by the loss alone, from 1/2, ranked and cut (LoZA). L1: the same from 1 with a price
/// on every gate (DuoAttention). Gradient: nothing is learned, units rank by the mean of -dL/dz at z = 1/2. Random:
/// every step tries one random layout of the target's budget on the same batches and the best is kept.
enum class GateMethod { Consa, Ranked, L1, Gradient, Random };

[[nodiscard]] std::string toString(DataType value);
[[nodiscard]] std::string toString(LearningMode value);
[[nodiscard]] std::string toString(Scope value);
[[nodiscard]] std::string toString(TrainingLoss value);
[[nodiscard]] std::string toString(SparsityEstimate value);
[[nodiscard]] std::string toString(GateMethod value);

/// Each throws Error (BadInput) for an unknown word, naming the words there are.
[[nodiscard]] DataType dataTypeFromString(const std::string& word);
[[nodiscard]] LearningMode learningModeFromString(const std::string& word);
[[nodiscard]] Scope scopeFromString(const std::string& word);
[[nodiscard]] TrainingLoss trainingLossFromString(const std::string& word);
[[nodiscard]] SparsityEstimate sparsityEstimateFromString(const std::string& word);
[[nodiscard]] GateMethod gateMethodFromString(const std::string& word);

}  // namespace consa
