// Opens models and texts, and asks the device how it is.
#include "core/session/opened_model.h"

#include "core/model/transformer_loader.h"
#include "core/text/corpus_cache.h"

#ifdef CONSA_HAS_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>
#endif

#include <torch/utils.h>

namespace consa {

OpenedModel::OpenedModel(const OpenCommand& command, const OpeningProgress& progress)
    : m_command(command), m_device(deviceFromString(command.device)), m_checkpoint(openCheckpoint(command.model)) {
    const std::string tokenizerJson = m_checkpoint->tokenizerJson();
    const std::unique_ptr<Tokenizer> tokenizer = makeTokenizer(tokenizerJson, command.model);
    m_corpus.emplace(
        loadCorpus(command.corpus, *tokenizer, progress, command.text, tokenizerKey(tokenizerJson, *tokenizer)));
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

const Transformer& OpenedModel::weights(torch::ScalarType type, const OpeningProgress& progress) {
    if (const auto found = m_weights.find(type); found != m_weights.end()) return found->second;
    const auto report = [&](double share) {
        if (progress) progress(share, "Loading the weights of " + config().name);
    };
    return m_weights.emplace(type, loadTransformer(*m_checkpoint, m_device, type, report)).first->second;
}

}  // namespace consa
