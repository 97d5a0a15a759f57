// The folder's files: weights linked or written, index, configuration, tokenizer.
#include "core/checkpoint/hf_export.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/json_text.h"
#include "core/base/whole_folder.h"
#include "core/checkpoint/mapped_file.h"
#include "core/checkpoint/safetensors_file.h"
#include "core/checkpoint/safetensors_index.h"
#include "core/checkpoint/safetensors_writer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace consa {
namespace {

namespace fs = std::filesystem;

/// A weight file to be: linked from `origin`, or written from `tensors` when there is none.
struct Shard {
    fs::path origin;
    std::vector<TensorPlan> tensors;  // of linked files, names only
    std::int64_t byteCount = 0;
};

/// The files that hold a folder's weights, in name order. The folder was opened before, so its index is sound.
std::set<fs::path> weightFiles(const fs::path& folder) {
    if (fs::exists(folder / "model.safetensors")) return {folder / "model.safetensors"};
    const fs::path index = folder / "model.safetensors.index.json";
    std::set<fs::path> files;
    for (const std::string& name : shardNames(readFile(index), index.string())) files.insert(folder / name);
    return files;
}

Shard linkedShard(const fs::path& path) {
    const MappedFile mapped(path);
    const SafetensorsFile file(mapped.bytes(), path.string());
    Shard shard{path, {}, 0};
    for (const StoredTensor& tensor : file.tensors()) {
        shard.tensors.push_back({tensor.info.name, tensor.info.shape, StorageType::F32});
        shard.byteCount += tensor.info.byteCount;
    }
    return shard;
}

StorageType writtenType(const Checkpoint& checkpoint, const std::string& name, ExportedWeights weights) {
    if (weights == ExportedWeights::Float32) return StorageType::F32;
    if (weights == ExportedWeights::BFloat16 || !checkpoint.contains(name)) return StorageType::BF16;
    return checkpoint.stored(name).type == StorageType::BF16 ? StorageType::BF16 : StorageType::F32;
}

/// Everything that the written model needs, except what `isThere` names, in files of up to `how.shardBytes`.
std::vector<Shard> writtenShards(const Checkpoint& checkpoint, const HuggingFacePlan& plan,
                                 const HuggingFaceExport& how, const std::set<std::string>& isThere) {
    std::vector<Shard> shards;
    for (const TensorInfo& tensor : requiredTensors(plan.config)) {
        if (isThere.count(tensor.name) > 0) continue;
        const TensorPlan planned{tensor.name, tensor.shape, writtenType(checkpoint, tensor.name, how.weights)};
        const std::int64_t bytes = planned.byteCount();
        if (shards.empty() || shards.back().byteCount + bytes > how.shardBytes) shards.emplace_back();
        shards.back().tensors.push_back(planned);
        shards.back().byteCount += bytes;
    }
    return shards;
}

std::vector<Shard> planShards(const Checkpoint& checkpoint, const HuggingFacePlan& plan, const HuggingFaceExport& how) {
    std::vector<Shard> shards;
    std::set<std::string> isThere;
    if (!how.sourceFolder.empty() && how.weights == ExportedWeights::AsStored) {
        for (const fs::path& file : weightFiles(how.sourceFolder)) {
            shards.push_back(linkedShard(file));
            for (const TensorPlan& tensor : shards.back().tensors) isThere.insert(tensor.name);
        }
    }
    for (Shard& shard : writtenShards(checkpoint, plan, how, isThere)) shards.push_back(std::move(shard));
    return shards;
}

[[noreturn]] void failToCopy(const fs::path& from, const fs::path& to, const std::error_code& code) {
    throw Error("cannot copy " + from.string() + " to " + to.string() + ": " + code.message() +
                    "; free space or choose another place",
                ErrorKind::RunFailed);
}

void linkOrCopy(const fs::path& from, const fs::path& to) {
    std::error_code code;
    // A link to a link would break when the first goes; Hugging Face's cache consists of links.
    const fs::path origin = fs::canonical(from, code);
    if (!code) fs::create_hard_link(origin, to, code);
    if (code) fs::copy_file(from, to, code);
    if (code) failToCopy(from, to, code);
}

/// "model-00002-of-00003.safetensors", or "model.safetensors" when there is one only.
std::string shardName(std::size_t index, std::size_t count) {
    if (count == 1) return "model.safetensors";
    const auto padded = [](std::size_t number) {
        const std::string digits = std::to_string(number);
        return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
    };
    return "model-" + padded(index + 1) + "-of-" + padded(count) + ".safetensors";
}

void writeIndex(const fs::path& folder, const std::vector<Shard>& shards) {
    Json weights = Json::object();
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        for (const TensorPlan& tensor : shards[i].tensors) weights[tensor.name] = shardName(i, shards.size());
        bytes += shards[i].byteCount;
    }
    const Json index = {{"metadata", {{"total_size", bytes}}}, {"weight_map", weights}};
    writeFileAtomically(folder / "model.safetensors.index.json", dumpJson(index, 2) + "\n");
}

void writeWeights(const fs::path& folder, const Checkpoint& checkpoint, const std::vector<Shard>& shards,
                  const std::function<void(double)>& progress) {
    std::int64_t bytesInAll = 1, bytesDone = 0;
    for (const Shard& shard : shards) bytesInAll += shard.origin.empty() ? shard.byteCount : 0;
    const TensorSource source = [&](const TensorPlan& tensor) {
        progress(static_cast<double>(bytesDone) / static_cast<double>(bytesInAll));
        bytesDone += tensor.byteCount();
        if (checkpoint.contains(tensor.name)) return checkpoint.readFloat32(tensor.name);
        return std::vector<float>(static_cast<std::size_t>(tensor.shape.at(0)), 0.0F);  // a zero bias
    };
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const fs::path path = folder / shardName(i, shards.size());
        if (shards[i].origin.empty()) {
            writeSafetensors(path, shards[i].tensors, source);
        } else {
            linkOrCopy(shards[i].origin, path);
        }
    }
    if (shards.size() > 1) writeIndex(folder, shards);
    progress(1);
}

/// What transformers should load the weights as: their one format, or float32, which holds them all.
std::string loadedType(const Checkpoint& checkpoint, const HuggingFaceExport& how) {
    if (how.weights == ExportedWeights::Float32) return "float32";
    if (how.weights == ExportedWeights::BFloat16) return "bfloat16";
    const std::vector<TensorInfo>& tensors = checkpoint.tensors();
    const std::string& first = tensors.front().type;
    const bool isOne =
        std::all_of(tensors.begin(), tensors.end(), [&](const TensorInfo& tensor) { return tensor.type == first; });
    if (isOne && first == "BF16") return "bfloat16";
    return isOne && first == "F16" && !how.sourceFolder.empty() ? "float16" : "float32";
}

/// The object in the source's config.json, or an empty one.
ParsedJson sourceConfig(const fs::path& sourceFolder) {
    if (sourceFolder.empty()) return ParsedJson::object();
    const fs::path path = sourceFolder / "config.json";
    ParsedJson config = parseJson(readFile(path), path.string());
    return config.is_object() ? config : ParsedJson::object();
}

using NamedId = std::pair<const char*, std::optional<std::int64_t>>;

/// Under the names of config.json.
std::array<NamedId, 3> specialIds(const Checkpoint& checkpoint) {
    const SpecialTokens tokens = checkpoint.specialTokens();
    return {{{"bos_token_id", tokens.begin}, {"eos_token_id", tokens.end}, {"pad_token_id", tokens.padding}}};
}

ParsedJson toJson(const std::optional<std::int64_t>& id) {
    return id ? ParsedJson(*id) : ParsedJson();
}

void writeConfig(const fs::path& folder, const Checkpoint& checkpoint, const HuggingFacePlan& plan,
                 const HuggingFaceExport& how) {
    const ParsedJson source = sourceConfig(how.sourceFolder);
    Json ids = Json::object();
    for (const auto& [name, id] : specialIds(checkpoint))
        ids[name] = how.sourceFolder.empty() ? toJson(id) : source.value(name, ParsedJson());
    const bool hasByteTokenizer =
        how.sourceFolder.empty() ? checkpoint.tokenizerJson().empty() : source.contains("consa_tokenizer");
    const HuggingFaceExtras extras{loadedType(checkpoint, how), dumpJson(ids), hasByteTokenizer};
    writeFileAtomically(folder / "config.json", toHuggingFaceConfig(plan, extras));
}

void copyTokenizer(const fs::path& folder, const fs::path& sourceFolder) {
    for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                             "generation_config.json", "added_tokens.json", "chat_template.jinja", "tokenizer.model"}) {
        std::error_code code;
        if (!fs::exists(sourceFolder / name, code)) continue;
        fs::copy_file(sourceFolder / name, folder / name, code);
        if (code) failToCopy(sourceFolder / name, folder / name, code);
    }
}

/// The text of an added token, or null: what tokenizer_config.json calls "eos_token" and so on.
ParsedJson addedToken(const ParsedJson& tokenizer, const std::optional<std::int64_t>& id) {
    for (const ParsedJson& token : tokenizer.value("added_tokens", ParsedJson::array())) {
        if (id && token.value("id", ParsedJson()) == *id) return token.value("content", ParsedJson());
    }
    return {};
}

/// tokenizer.json with the two files that transformers wants beside it.
void writeTokenizer(const fs::path& folder, const Checkpoint& checkpoint, const HuggingFacePlan& plan) {
    const std::string text = checkpoint.tokenizerJson();
    if (text.empty()) return;
    writeFileAtomically(folder / "tokenizer.json", text);
    const ParsedJson tokenizer = parseJson(text, "the model's tokenizer");
    const SpecialTokens special = checkpoint.specialTokens();
    Json config = {
        {"tokenizer_class", "PreTrainedTokenizerFast"},    {"model_max_length", plan.config.contextTokens},
        {"clean_up_tokenization_spaces", false},           {"bos_token", addedToken(tokenizer, special.begin)},
        {"eos_token", addedToken(tokenizer, special.end)}, {"pad_token", addedToken(tokenizer, special.padding)}};
    if (!special.chatTemplate.empty()) config["chat_template"] = special.chatTemplate;
    writeFileAtomically(folder / "tokenizer_config.json", dumpJson(config, 2) + "\n");
    Json generation = Json::object();
    for (const auto& [name, id] : specialIds(checkpoint))
        if (id) generation[name] = *id;
    writeFileAtomically(folder / "generation_config.json", dumpJson(generation, 2) + "\n");
}

}  // namespace

ExportedWeights exportedWeightsFromString(const std::string& word) {
    if (word == "stored") return ExportedWeights::AsStored;
    if (word == "float32") return ExportedWeights::Float32;
    if (word == "bfloat16") return ExportedWeights::BFloat16;
    throw Error("\"" + word + "\" is no format for exported weights: use stored, float32 or bfloat16");
}

void writeHuggingFaceFolder(const Checkpoint& checkpoint, const HuggingFacePlan& plan, const HuggingFaceExport& how) {
    WholeFolder whole(how.folder);
    writeConfig(whole.path(), checkpoint, plan, how);
    if (how.sourceFolder.empty()) {
        writeTokenizer(whole.path(), checkpoint, plan);
    } else {
        copyTokenizer(whole.path(), how.sourceFolder);
    }
    writeWeights(whole.path(), checkpoint, planShards(checkpoint, plan, how), how.progress);
    whole.finish();
}

}  // namespace consa
