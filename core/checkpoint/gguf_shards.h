// The file or files of one GGUF model: large ones come split into "NAME-00001-of-00003.gguf" and so on.
#pragma once

#include "core/checkpoint/gguf_file.h"
#include "core/checkpoint/mapped_file.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace consa {

/// Opens all files of a model. Views into them live as long as the object.
class GgufShards {
public:
    /// `path` names the only file or the first of them. Throws Error (BadInput) naming the file that is missing, does
    /// not belong or cannot be read.
    explicit GgufShards(const std::filesystem::path& path);

    /// The file that holds the metadata.
    [[nodiscard]] const GgufFile& head() const { return m_shards.front()->file; }
    /// Tensors of all files, no name twice.
    [[nodiscard]] const std::vector<const GgufTensor*>& tensors() const { return m_tensors; }

private:
    struct Shard {
        explicit Shard(const std::filesystem::path& path) : bytes(path), file(bytes.bytes(), path.string()) {}

        MappedFile bytes;
        GgufFile file;
    };

    void openOthers(const std::filesystem::path& first, std::int64_t count);
    void collectTensors();

    std::vector<std::unique_ptr<Shard>> m_shards;
    std::vector<const GgufTensor*> m_tensors;
};

/// A model's name from its file's: without the number of a split file and without the number format at its end.
/// "SmolLM2-135M-Instruct.Q4_1.gguf" is SmolLM2-135M-Instruct. The metadata's general.name is often that of a
/// training run.
[[nodiscard]] std::string ggufModelName(const std::filesystem::path& path);

}  // namespace consa
