// Serves tensors out of one or more safetensors files.
#include "core/checkpoint/safetensors_checkpoint.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint_support.h"

#include <unordered_map>
#include <utility>

namespace consa {
namespace {

class SafetensorsCheckpoint final : public Checkpoint {
public:
    explicit SafetensorsCheckpoint(SafetensorsModel model) : m_model(std::move(model)) {
        for (const SafetensorsFile& file : m_model.files) {
            for (const StoredTensor& tensor : file.tensors()) add(tensor, file.source());
        }
    }

    [[nodiscard]] const ModelConfig& config() const override { return m_model.config; }
    [[nodiscard]] const std::vector<TensorInfo>& tensors() const override { return m_tensors; }
    [[nodiscard]] bool contains(const std::string& name) const override { return m_stored.count(name) > 0; }
    [[nodiscard]] std::string format() const override { return m_model.format; }

    [[nodiscard]] StoredValues stored(const std::string& name) const override {
        const auto found = m_stored.find(name);
        if (found == m_stored.end()) failMissingTensor(m_model.source, name);
        const StoredTensor& tensor = *found->second;
        const StorageType type = requireStorageType(tensor, m_model.source);
        return {type, tensor.bytes, static_cast<std::size_t>(tensor.info.shape.empty() ? 1 : tensor.info.shape[0]), 0};
    }

    [[nodiscard]] std::string tokenizerJson() const override {
        if (m_model.tokenizerFile.empty()) return "";
        std::error_code code;
        if (!std::filesystem::exists(m_model.tokenizerFile, code)) {
            throw Error("cannot read text for the model " + m_model.source + ": it has no tokenizer.json; save the " +
                        "model's fast tokenizer into its folder");
        }
        return readFile(m_model.tokenizerFile);
    }

    [[nodiscard]] std::string fingerprint() const override {
        std::vector<StoredTensor> tensors;
        for (const auto& [name, tensor] : m_stored) tensors.push_back(*tensor);
        return sampledFingerprint(m_model.config, tensors);
    }

private:
    void add(const StoredTensor& tensor, const std::string& file) {
        if (!m_stored.emplace(tensor.info.name, &tensor).second) {
            throw Error("cannot use " + file + ": tensor " + tensor.info.name +
                        " is also in another file of the model");
        }
        m_tensors.push_back(tensor.info);
    }

    SafetensorsModel m_model;
    std::vector<TensorInfo> m_tensors;
    std::unordered_map<std::string, const StoredTensor*> m_stored;
};

}  // namespace

std::unique_ptr<Checkpoint> makeSafetensorsCheckpoint(SafetensorsModel model) {
    const std::string source = model.source;
    auto checkpoint = std::make_unique<SafetensorsCheckpoint>(std::move(model));
    requireTensors(*checkpoint, source);
    return checkpoint;
}

}  // namespace consa
