// A model and texts ready to work: checkpoint, weights on the device, tokenised corpus.
#pragma once

#include "core/checkpoint/checkpoint.h"
#include "core/model/transformer.h"
#include "core/session/session_command.h"
#include "core/session/session_snapshot.h"
#include "core/text/token_corpus.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace consa {

/// Called with 0..1 and what is being done; what it throws ends the work.
using OpeningProgress = std::function<void(double, const std::string&)>;

/// Owns weights and texts. Lives on the session's thread.
class OpenedModel {
public:
    /// Reads the checkpoint's head and tokenises the texts; weights follow on demand.
    OpenedModel(const OpenCommand& command, const OpeningProgress& progress);

    [[nodiscard]] bool isMadeFrom(const OpenCommand& command) const { return m_command == command; }
    [[nodiscard]] const ModelConfig& config() const { return m_checkpoint->config(); }
    [[nodiscard]] const TokenCorpus& corpus() const { return *m_corpus; }
    [[nodiscard]] const torch::Device& device() const { return m_device; }
    [[nodiscard]] std::string modelFingerprint() const { return m_checkpoint->fingerprint(); }
    [[nodiscard]] CorpusSummary corpusSummary() const;
    [[nodiscard]] DeviceStatus deviceStatus() const;

    /// The weights in this format, loaded at the first call.
    [[nodiscard]] const Transformer& weights(torch::ScalarType type, const OpeningProgress& progress);
    /// A copy of the caller's own, to be trained: read anew. `bytesPerWeight`: what training will need in all; throws
    /// Error (BadInput) when the device has less.
    [[nodiscard]] Transformer load(torch::ScalarType type, double bytesPerWeight,
                                   const OpeningProgress& progress) const;
    /// Reads tensors and tokenizer, for exports.
    [[nodiscard]] const Checkpoint& checkpoint() const { return *m_checkpoint; }

    /// Of the device; 0 when it is not known.
    [[nodiscard]] std::int64_t freeMemoryBytes() const;

private:
    /// "257 MiB of 20.0 GiB free". Throws Error (BadInput) with `advice` when `needed` bytes don't fit.
    [[nodiscard]] std::string requireMemory(std::int64_t needed, const std::string& what,
                                            const std::string& advice) const;
    [[nodiscard]] Transformer read(torch::ScalarType type, const std::string& size,
                                   const OpeningProgress& progress) const;
    OpenCommand m_command;
    torch::Device m_device;
    std::unique_ptr<Checkpoint> m_checkpoint;
    std::optional<TokenCorpus> m_corpus;
    std::map<torch::ScalarType, Transformer> m_weights;
};

}  // namespace consa
