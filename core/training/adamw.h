// AdamW over a list of tensors, with its moments open to be kept and restored.
#pragma once

#include "core/model/torch_api.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace consa {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// AdamW with betas .9 and .95, epsilon 1e-8 and decay of matrices only (Loshchilov and Hutter, arXiv 1711.05101).
/// Moves the tensors given in place, by LibTorch's fused kernel; waits for no device.
class AdamW {
public:
    /// `parameters`: float32 or float64, of any shapes, on one device. `weightDecay`: share of a matrix that a step of
    /// rate 1 takes away.
    AdamW(NamedTensors parameters, double weightDecay);

    [[nodiscard]] const NamedTensors& parameters() const { return m_parameters; }
    [[nodiscard]] std::int64_t stepsDone() const { return m_steps; }

    /// One update. `gradients`: one a parameter, of its shape, in any format; where undefined the parameter rests.
    /// They are multiplied by `scale` first, which may overwrite them.
    void step(const std::vector<torch::Tensor>& gradients, double scale, double learningRate);

    /// The parameters and their moments ("NAME.firstMoment", "NAME.secondMoment"): the tensors themselves.
    [[nodiscard]] NamedTensors state() const;
    /// Counts on from here after the tensors of state() were overwritten.
    void setStepsDone(std::int64_t steps) { m_steps = steps; }

private:
    /// Parameters that one call of the kernel moves.
    struct Group {
        std::vector<std::size_t> members;
        double decay = 0;
    };
    void addGroups(bool ofMatrices, double decay);

    NamedTensors m_parameters;
    std::vector<torch::Tensor> m_firstMoments, m_secondMoments;
    std::vector<Group> m_groups;
    std::int64_t m_steps = 0;
};

}  // namespace consa
