// The container format of Hugging Face's weights (safetensors): reading with every offset checked, and writing.
#pragma once

#include "core/checkpoint/checkpoint_support.h"
#include "core/checkpoint/dequantise.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// A parsed file. Views point into the bytes given, which must outlive it.
class SafetensorsFile {
public:
    /// Throws Error (BadInput) naming `source` and the place unless header and data fit each other exactly: every byte
    /// of the data belongs to one tensor.
    SafetensorsFile(std::string_view bytes, std::string source);

    [[nodiscard]] const std::string& source() const { return m_source; }
    /// In the order of their data.
    [[nodiscard]] const std::vector<StoredTensor>& tensors() const { return m_tensors; }
    [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return m_metadata; }
    /// Null when there is no such tensor.
    [[nodiscard]] const StoredTensor* find(const std::string& name) const;
    /// Row-major. Throws Error naming the tensor when it is missing or not F32, F16 or BF16.
    [[nodiscard]] std::vector<float> readFloat32(const std::string& name) const;

private:
    std::string m_source;
    std::vector<StoredTensor> m_tensors;
    std::map<std::string, std::string> m_metadata;
};

/// How a tensor is stored. Throws Error naming `source` and tensor unless it is F32, F16 or BF16.
[[nodiscard]] StorageType requireStorageType(const StoredTensor& tensor, const std::string& source);

/// The values of one stored tensor as float32. Throws Error naming `source` and tensor for other types.
[[nodiscard]] std::vector<float> readStoredFloat32(const StoredTensor& tensor, const std::string& source);

/// A tensor to be written; `values` is row-major and stored as `type` (F32 or BF16).
struct NamedTensor {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> values;
    StorageType type = StorageType::F32;
};

/// The bytes of a safetensors file. The data starts at a multiple of 64 bytes.
[[nodiscard]] std::string toSafetensors(const std::vector<NamedTensor>& tensors,
                                        const std::map<std::string, std::string>& metadata);

}  // namespace consa
