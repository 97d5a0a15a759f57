// Opens models and texts, and asks the device how it is.
#include "core/session/opened_model.h"

#include "core/base/byte_text.h"
#include "core/base/error.h"
#include "core/base/host_memory.h"
#include "core/model/transformer_loader.h"
#include "core/text/corpus_cache.h"

#include <fmt/format.h>

#ifdef CONSA_HAS_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#endif

#include <torch/utils.h>

#include <algorithm>

namespace consa {

namespace {

const char* toWord(torch::ScalarType type) {
    return type == torch::kBFloat16 ? "bfloat16" : "float32";
}

/// Ids that the embedding has no row for would read past its end.
void requireKnownIds(const TokenCorpus& corpus, const ModelConfig& config) {
    for (const Document& document : corpus.documents()) {
        const auto largest = std::max_element(document.tokens.begin(), document.tokens.end());
        if (largest == document.tokens.end() || *largest < config.vocabularySize) continue;
        throw Error("the tokenizer of " + config.name + " gives id " + std::to_string(*largest) + " (in " +
                    document.name + "), but the model's vocabulary has " + std::to_string(config.vocabularySize) +
                    " ids; use the tokenizer.json that belongs to the model");
    }
}

}  // namespace

OpenedModel::OpenedModel(const OpenCommand& command, const OpeningProgress& progress)
    : m_command(command), m_device(deviceFromString(command.device)), m_checkpoint(openCheckpoint(command.model)) {
    const std::string tokenizerJson = m_checkpoint->tokenizerJson();
    const std::unique_ptr<Tokenizer> tokenizer = makeTokenizer(tokenizerJson, command.model);
    m_corpus.emplace(
        loadCorpus(command.corpus, *tokenizer, progress, command.text, tokenizerKey(tokenizerJson, *tokenizer)));
    requireKnownIds(*m_corpus, config());
}

CorpusSummary OpenedModel::corpusSummary() const {
    return {m_corpus->name(),
            m_corpus->tokenCount(Split::Train),
            m_corpus->tokenCount(Split::Dev),
            m_corpus->tokenCount(Split::Test),
            static_cast<int>(m_corpus->documents().size()),
            m_corpus->summary(),
            m_command.text};
}

DeviceStatus OpenedModel::deviceStatus() const {
    DeviceStatus status;
    status.isGpu = m_device.is_cuda();
    if (!status.isGpu) {
        const int threads = torch::get_num_threads();
        status.name = "CPU, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
        return status;
    }
#ifdef CONSA_HAS_CUDA
    const c10::cuda::CUDAGuard guard(m_device);
    status.name = at::cuda::getDeviceProperties(m_device.index())->name;
    std::size_t freeBytes = 0, totalBytes = 0;
    if (cudaMemGetInfo(&freeBytes, &totalBytes) == cudaSuccess) {
        status.memoryTotalBytes = static_cast<std::int64_t>(totalBytes);
        status.memoryUsedBytes = static_cast<std::int64_t>(totalBytes - freeBytes);
    }
#endif
    return status;
}

std::string OpenedModel::requireMemory(std::int64_t needed, const std::string& what, const std::string& advice) const {
    const std::int64_t free = freeMemoryBytes();
    if (free > 0 && needed > free) {
        throw Error("the weights of " + config().name + " need " + byteText(static_cast<double>(needed)) + " " + what +
                    ", and " + deviceStatus().name + " has " + byteText(static_cast<double>(free)) + " free; choose " +
                    advice + "another device or a smaller model");
    }
    return byteText(static_cast<double>(needed)) + " of " + byteText(static_cast<double>(free)) + " free";
}

std::int64_t OpenedModel::freeMemoryBytes() const {
    if (!m_device.is_cuda()) return availableHostBytes();
#ifdef CONSA_HAS_CUDA
    c10::cuda::CUDACachingAllocator::emptyCache();  // what earlier work left counts as free
#endif
    const DeviceStatus status = deviceStatus();
    return status.memoryTotalBytes - status.memoryUsedBytes;
}

const Transformer& OpenedModel::weights(torch::ScalarType type, const OpeningProgress& progress) {
    if (const auto found = m_weights.find(type); found != m_weights.end()) return found->second;
    const auto needed = config().parameterCount() * static_cast<std::int64_t>(c10::elementSize(type));
    const std::string size =
        requireMemory(needed, std::string("as ") + toWord(type), type == torch::kFloat32 ? "--dtype bfloat16, " : "");
    return m_weights.emplace(type, read(type, size, progress)).first->second;
}

Transformer OpenedModel::load(torch::ScalarType type, double bytesPerWeight, const OpeningProgress& progress) const {
    const auto needed = static_cast<std::int64_t>(bytesPerWeight * static_cast<double>(config().parameterCount()));
    return read(type, requireMemory(needed, "to be trained", "--lora-rank 16, "), progress);
}

Transformer OpenedModel::read(torch::ScalarType type, const std::string& size, const OpeningProgress& progress) const {
    const auto report = [&](double share) {
        if (progress) progress(share, "Loading the weights of " + config().name + " (" + size + ")");
    };
    return loadTransformer(*m_checkpoint, m_device, type, report);
}

}  // namespace consa
