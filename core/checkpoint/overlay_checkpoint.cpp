// Serves the replaced tensors itself and passes everything else on.
#include "core/checkpoint/overlay_checkpoint.h"

#include "core/base/error.h"
#include "core/checkpoint/checkpoint_support.h"

#include <utility>

namespace consa {
namespace {

class OverlayCheckpoint final : public Checkpoint {
public:
    OverlayCheckpoint(const Checkpoint& base, std::map<std::string, std::vector<float>> values)
        : m_base(base), m_values(std::move(values)), m_tensors(base.tensors()) {
        for (const auto& [name, replaced] : m_values) {
            if (!base.contains(name)) throw Error("the model " + base.config().name + " has no tensor " + name);
        }
        for (TensorInfo& tensor : m_tensors) {
            const auto found = m_values.find(tensor.name);
            if (found == m_values.end()) continue;
            if (static_cast<std::int64_t>(found->second.size()) != tensor.elementCount()) {
                throw Error("the values of " + tensor.name + " don't fill its shape in " + base.config().name);
            }
            tensor.type = toString(StorageType::F32);
            tensor.byteCount = tensor.elementCount() * static_cast<std::int64_t>(sizeof(float));
        }
    }

    [[nodiscard]] const ModelConfig& config() const override { return m_base.config(); }
    [[nodiscard]] const std::vector<TensorInfo>& tensors() const override { return m_tensors; }
    [[nodiscard]] bool contains(const std::string& name) const override { return m_base.contains(name); }
    [[nodiscard]] std::string tokenizerJson() const override { return m_base.tokenizerJson(); }
    [[nodiscard]] SpecialTokens specialTokens() const override { return m_base.specialTokens(); }
    [[nodiscard]] std::string format() const override { return m_base.format(); }

    [[nodiscard]] StoredValues stored(const std::string& name) const override {
        const auto found = m_values.find(name);
        if (found == m_values.end()) return m_base.stored(name);
        return {StorageType::F32, bytesOf(found->second), m_base.stored(name).rows, 0};
    }

    [[nodiscard]] std::string fingerprint() const override {
        std::vector<StoredTensor> tensors;
        for (const TensorInfo& tensor : m_tensors) tensors.push_back({tensor, stored(tensor.name).bytes});
        return sampledFingerprint(config(), tensors);
    }

private:
    static std::string_view bytesOf(const std::vector<float>& values) {
        return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
    }

    const Checkpoint& m_base;
    std::map<std::string, std::vector<float>> m_values;
    std::vector<TensorInfo> m_tensors;
};

}  // namespace

std::unique_ptr<Checkpoint> overlayCheckpoint(const Checkpoint& base,
                                              std::map<std::string, std::vector<float>> values) {
    return std::make_unique<OverlayCheckpoint>(base, std::move(values));
}

}  // namespace consa
