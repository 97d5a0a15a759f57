// Opens Hugging Face folders: where configuration, weights and tokenizer are.
#include "core/checkpoint/hf_checkpoint.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/folder_content.h"
#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/hf_config.h"
#include "core/checkpoint/safetensors_checkpoint.h"
#include "core/checkpoint/safetensors_index.h"

#include <cctype>
#include <set>
#include <utility>
#include <vector>

namespace consa {
namespace {

namespace fs = std::filesystem;

/// False, too, where the name is one that no file can have.
bool isThere(const fs::path& path) {
    std::error_code code;
    return fs::exists(path, code);
}

bool isFolder(const fs::path& path) {
    std::error_code code;
    return fs::is_directory(path, code);
}

/// Names of the weight files, in name order.
std::set<std::string> weightFiles(const fs::path& folder) {
    if (isThere(folder / "model.safetensors")) return {"model.safetensors"};
    const fs::path index = folder / "model.safetensors.index.json";
    if (!isThere(index)) {
        const bool isPickled =
            isThere(folder / "pytorch_model.bin") || isThere(folder / "pytorch_model.bin.index.json");
        throw Error("cannot use " + folder.string() + ": it has neither model.safetensors nor " +
                    "model.safetensors.index.json; " +
                    (isPickled
                         ? "pytorch_model.bin is a pickle, which can run code when it is opened, and is never read; "
                         : "") +
                    "save the model with save_pretrained(..., safe_serialization=True)");
    }
    std::set<std::string> names = shardNames(readFile(index), index.string());
    for (const std::string& name : names) {
        if (isThere(folder / name)) continue;
        throw Error("cannot use " + folder.string() + ": the shard " + printable(name) + ", which " +
                    index.filename().string() + " names, is missing; fetch it again");
    }
    return names;
}

/// Biases other than those of query, key and value would be left out unseen.
void refuseOtherBiases(const SafetensorsFile& file, const ModelConfig& config) {
    const auto isRead = [&](const std::string& name) {
        if (!config.hasQkvBias) return false;
        return name.ends_with(".q_proj.bias") || name.ends_with(".k_proj.bias") || name.ends_with(".v_proj.bias");
    };
    for (const StoredTensor& tensor : file.tensors()) {
        if (tensor.info.name.ends_with(".bias") && !isRead(tensor.info.name)) {
            throw Error("cannot use " + file.source() + ": it has the bias " + tensor.info.name +
                        ", which models of the type " + config.architecture + " do not have");
        }
    }
}

/// For people: "ORGANISATION/NAME" inside Hugging Face's cache, else the folder's own name.
std::string modelName(const fs::path& folder) {
    std::error_code code;
    const fs::path canonical = fs::weakly_canonical(folder, code);
    const fs::path whole = code ? folder : canonical;
    constexpr std::string_view kPrefix = "models--";
    const std::string cached = whole.parent_path().parent_path().filename().string();
    if (whole.parent_path().filename() != "snapshots" || !cached.starts_with(kPrefix)) return whole.filename().string();
    std::string name = cached.substr(kPrefix.size());
    if (const std::size_t dashes = name.find("--"); dashes != std::string::npos) name.replace(dashes, 2, "/");
    return name;
}

}  // namespace

fs::path huggingFaceFolder(const fs::path& folder) {
    const fs::path snapshots = folder / "snapshots";
    if (!isFolder(snapshots)) return folder;
    const fs::path main = folder / "refs" / "main";
    if (isThere(main)) {
        std::string commit = readFile(main);
        while (!commit.empty() && std::isspace(static_cast<unsigned char>(commit.back())) != 0) commit.pop_back();
        const bool isName = !commit.empty() && fs::path(commit).filename() == commit && commit != "." && commit != "..";
        if (isName && isFolder(snapshots / commit)) return snapshots / commit;
        throw Error("cannot use the cache folder " + folder.string() + ": its refs/main names the snapshot " +
                    printable(commit) + ", which is not there; fetch the model again, or name one of the folders in " +
                    snapshots.string());
    }
    std::vector<fs::path> found;
    std::error_code code;
    for (const std::string& name : namesIn(snapshots, code)) {
        if (isFolder(snapshots / name)) found.push_back(snapshots / name);
    }
    if (found.size() == 1) return found.front();
    throw Error("cannot use the cache folder " + folder.string() + ": it has no refs/main and " +
                std::to_string(found.size()) + " snapshots; name one of the folders in " + snapshots.string());
}

std::unique_ptr<Checkpoint> openHuggingFaceFolder(const fs::path& named) {
    const fs::path folder = huggingFaceFolder(named);
    const fs::path configFile = folder / "config.json";
    if (!isThere(configFile)) {
        throw Error("cannot use the folder " + folder.string() + ": it has no config.json; name a Hugging Face model " +
                    "folder or a .gguf file");
    }
    const std::string text = readFile(configFile);
    SafetensorsModel model;
    model.config = modelConfigFromHuggingFace(text, configFile.string());
    model.config.name = modelName(folder);
    model.format = "safetensors";
    model.source = folder.string();
    if (tokenizerFromHuggingFace(text, configFile.string()).empty()) model.tokenizerFile = folder / "tokenizer.json";
    for (const std::string& name : weightFiles(folder)) {
        const fs::path path = folder / name;
        model.mapped.push_back(std::make_unique<MappedFile>(path));
        model.files.emplace_back(model.mapped.back()->bytes(), path.string());
        refuseOtherBiases(model.files.back(), model.config);
    }
    return makeSafetensorsCheckpoint(std::move(model));
}

}  // namespace consa
