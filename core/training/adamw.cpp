// Groups of parameters for the fused kernel.
#include "core/training/adamw.h"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_fused_adamw.h>

namespace consa {

using torch::Tensor;

namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.95, kEpsilon = 1e-8;  // usual for language models (GPT-3, Llama)
constexpr std::int64_t kGroupValues = std::int64_t{1} << 26;    // gradients copied to float32 at once: 256 MiB

}  // namespace

AdamW::AdamW(NamedTensors parameters, double weightDecay) : m_parameters(std::move(parameters)) {
    const torch::NoGradGuard noGradients;
    for (const auto& [name, value] : m_parameters) {
        m_firstMoments.push_back(torch::zeros_like(value));
        m_secondMoments.push_back(torch::zeros_like(value));
    }
    addGroups(/*ofMatrices=*/true, weightDecay);
    addGroups(/*ofMatrices=*/false, 0);
}

void AdamW::addGroups(bool ofMatrices, double decay) {
    std::int64_t values = kGroupValues;  // in the last group: full, so that a first one is made
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        const Tensor& value = m_parameters[i].second;
        if ((value.dim() > 1) != ofMatrices) continue;
        if (values + value.numel() > kGroupValues) {
            m_groups.push_back({{}, decay});
            values = 0;
        }
        m_groups.back().members.push_back(i);
        values += value.numel();
    }
}

void AdamW::step(const std::vector<Tensor>& gradients, double scale, double learningRate) {
    const torch::NoGradGuard noGradients;
    ++m_steps;
    for (const Group& group : m_groups) {
        std::vector<Tensor> values, grads, first, second;
        for (const std::size_t i : group.members) {
            if (!gradients[i].defined()) continue;
            const Tensor& value = m_parameters[i].second;
            values.push_back(value);
            grads.push_back(gradients[i].to(value.scalar_type()));
            first.push_back(m_firstMoments[i]);
            second.push_back(m_secondMoments[i]);
        }
        if (values.empty()) continue;
        if (scale != 1) at::_foreach_mul_(grads, scale);
        const Tensor steps = torch::full({}, static_cast<double>(m_steps), values[0].options().dtype(torch::kFloat32));
        at::_fused_adamw_(values, grads, first, second, /*max_exp_avg_sqs=*/{},
                          std::vector<Tensor>(values.size(), steps), learningRate, kBeta1, kBeta2, group.decay,
                          kEpsilon, /*amsgrad=*/false, /*maximize=*/false);
    }
}

NamedTensors AdamW::state() const {
    NamedTensors result;
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        const auto& [name, value] = m_parameters[i];
        result.emplace_back(name, value);
        result.emplace_back(name + ".firstMoment", m_firstMoments[i]);
        result.emplace_back(name + ".secondMoment", m_secondMoments[i]);
    }
    return result;
}

}  // namespace consa
