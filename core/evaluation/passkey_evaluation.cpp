// Reads each text once and looks at the predictions of its answer.
#include "core/evaluation/passkey_evaluation.h"

#include "core/base/error.h"

namespace consa {
namespace {

PasskeyAnswer answerTo(const Transformer& model, const PasskeyText& text, const ModelGates& gates,
                       const CancellationCheck& check) {
    const torch::NoGradGuard noGradients;
    const auto ids = torch::tensor(torch::ArrayRef<std::int32_t>(text.ids), torch::kInt64).to(model.device());
    const auto hidden = model.hidden(ids.slice(0, 0, -1).unsqueeze(0), gates, check).squeeze(0);  // [tokens, hidden]
    const auto targets = ids.slice(0, text.answerBegin, text.answerEnd);                          // [answer]
    const auto logits = torch::linear(hidden.slice(0, text.answerBegin - 1, text.answerEnd - 1), model.weights().head)
                            .to(torch::kFloat32);  // [answer, vocabulary]
    const auto losses = -logits.log_softmax(1).gather(1, targets.unsqueeze(1));
    return {losses.to(torch::kFloat64).sum().item<double>(), logits.argmax(1).equal(targets)};
}

}  // namespace

std::vector<PasskeyAnswer> passkeyAnswers(const Transformer& model, std::span<const PasskeyText> texts,
                                          const AttentionLayout& layout, int windowTokens, int sinkTokens,
                                          const std::function<void(std::size_t textsDone)>& progress) {
    const AttentionLayout heads = layout.perKvHead();
    const ModelGates gates{{heads.full.begin(), heads.full.end()}, {}, windowTokens, sinkTokens};
    std::vector<PasskeyAnswer> answers;
    for (const PasskeyText& text : texts) {
        try {
            answers.push_back(answerTo(model, text, gates, [&] { progress(answers.size()); }));
        } catch (const c10::OutOfMemoryError&) {
            throw Error("The GPU's memory does not hold a text of " + std::to_string(text.ids.size()) +
                            " tokens; use a smaller --context.",
                        ErrorKind::RunFailed);
        }
    }
    return answers;
}

}  // namespace consa
