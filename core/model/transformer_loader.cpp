// Maps tensor names to weights; query, key and value, and gate and up, are joined into one matrix each.
#include "core/model/transformer_loader.h"

#include "core/base/error.h"

#include <ATen/Parallel.h>

#include <cmath>

namespace consa {

using torch::Tensor;

torch::Device deviceFromString(const std::string& word) {
    const auto gpus = static_cast<int>(torch::cuda::device_count());
    if (word == "cpu" || (word == "auto" && gpus == 0)) return torch::kCPU;
    if (word != "auto" && !word.starts_with("cuda"))
        throw Error("--device " + word + " is unknown; use auto, cpu, cuda or cuda:N.");
    if (gpus == 0)
        throw Error("--device " + word +
                    ": no usable CUDA GPU was found (driver missing, too old, or no card); use --device cpu.");
    int index = 0;
    if (word.starts_with("cuda:")) {
        try {
            index = std::stoi(word.substr(5));
        } catch (const std::exception&) {
            throw Error("--device " + word + " names no GPU; use cuda:0 to cuda:" + std::to_string(gpus - 1) + ".");
        }
    }
    if (index < 0 || index >= gpus)
        throw Error("--device " + word + ": this machine has " + std::to_string(gpus) +
                    " GPU(s), cuda:0 to cuda:" + std::to_string(gpus - 1) + ".");
    return {torch::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

namespace {

/// True where products of bfloat16 matrices run on instructions made for them.
bool multipliesBFloat16() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16") != 0;
#else
    return false;
#endif
}

}  // namespace

torch::ScalarType scalarType(DataType type, const torch::Device& device, bool forLearning) {
    switch (type) {
        case DataType::Float32:
            return torch::kFloat32;
        case DataType::BFloat16:
            return torch::kBFloat16;
        case DataType::Auto:
            break;
    }
    if (device.is_cuda()) return torch::kBFloat16;
    return forLearning && multipliesBFloat16() ? torch::kBFloat16 : torch::kFloat32;
}

namespace {

std::string layerName(int layer, const std::string& rest, const char* kind = ".weight") {
    return "model.layers." + std::to_string(layer) + "." + rest + kind;
}

/// Joined matrices and the parts they are made of, top to bottom.
const std::vector<std::string> kQueryKeyValue{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"};
const std::vector<std::string> kGateUp{"mlp.gate_proj", "mlp.up_proj"};

/// The file's bytes as a tensor where LibTorch knows their format, else dequantised by all threads. [values]
Tensor valuesOf(const StoredValues& stored) {
    auto* bytes = const_cast<char*>(stored.bytes.data());  // from_blob's interface; never written
    const auto whole = static_cast<int64_t>(stored.bytes.size());
    switch (stored.type) {
        case StorageType::F32:
            return torch::from_blob(bytes, {whole / 4}, torch::kFloat32);
        case StorageType::F16:
            return torch::from_blob(bytes, {whole / 2}, torch::kFloat16);
        case StorageType::BF16:
            return torch::from_blob(bytes, {whole / 2}, torch::kBFloat16);
        default:
            break;
    }
    const std::size_t blockSize = blockBytes(stored.type), blockLength = blockValues(stored.type);
    const int64_t blocks = whole / static_cast<int64_t>(blockSize);
    Tensor values = torch::empty({blocks * static_cast<int64_t>(blockLength)}, torch::kFloat32);
    auto* target = values.mutable_data_ptr<float>();
    constexpr int64_t kBlocksAtOnce = 4096;  // some hundred KiB: enough to be worth a thread
    at::parallel_for(0, blocks, kBlocksAtOnce, [&](int64_t begin, int64_t end) {
        const auto first = static_cast<std::size_t>(begin), count = static_cast<std::size_t>(end - begin);
        dequantise(stored.type, stored.bytes.substr(first * blockSize, count * blockSize),
                   target + first * blockLength);
    });
    return values;
}

/// Reads tensors of one checkpoint into one device and format.
class Reader {
public:
    Reader(const Checkpoint& checkpoint, const torch::Device& device, torch::ScalarType type)
        : m_checkpoint(checkpoint), m_options(torch::TensorOptions(device).dtype(type)) {
        for (const TensorInfo& info : requiredTensors(checkpoint.config())) m_shapes[info.name] = info.shape;
    }

    [[nodiscard]] Tensor operator()(const std::string& name) const {
        const Tensor result = torch::empty(m_shapes.at(name), m_options);
        readInto(result, name);
        return result;
    }

    /// Parts one below the other: rows of weights, or biases.
    [[nodiscard]] Tensor joined(int layer, const std::vector<std::string>& parts, const char* kind = ".weight") const {
        std::vector<int64_t> shape = m_shapes.at(layerName(layer, parts.front(), kind));
        for (std::size_t i = 1; i < parts.size(); ++i) shape[0] += m_shapes.at(layerName(layer, parts[i], kind))[0];
        const Tensor result = torch::empty(shape, m_options);
        int64_t row = 0;
        for (const std::string& part : parts) {
            const std::string name = layerName(layer, part, kind);
            const int64_t rows = m_shapes.at(name)[0];
            readInto(result.narrow(0, row, rows), name);
            row += rows;
        }
        return result;
    }

private:
    void readInto(const Tensor& target, const std::string& name) const {
        const StoredValues stored = m_checkpoint.stored(name);
        Tensor values = valuesOf(stored);
        if (stored.interleavedHeads > 0) {
            const auto rows = static_cast<int64_t>(stored.rows), heads = int64_t{stored.interleavedHeads};
            values = values.view({heads, rows / heads / 2, 2, -1}).transpose(1, 2);
            target.view(values.sizes()).copy_(values);
        } else {
            target.copy_(values.view(target.sizes()));
        }
    }

    const Checkpoint& m_checkpoint;
    torch::TensorOptions m_options;
    std::map<std::string, std::vector<std::int64_t>> m_shapes;
};

}  // namespace

Transformer loadTransformer(const Checkpoint& checkpoint, const torch::Device& device, torch::ScalarType type,
                            const std::function<void(double)>& progress) {
    const torch::NoGradGuard noGradients;
    const ModelConfig& config = checkpoint.config();
    const Reader read(checkpoint, device, type);
    TransformerWeights weights;
    weights.embedding = read("model.embed_tokens.weight");
    weights.finalNorm = read("model.norm.weight");
    weights.head = config.tiedEmbeddings ? weights.embedding : read("lm_head.weight");
    for (int i = 0; i < config.layerCount; ++i) {
        if (progress) progress(static_cast<double>(i) / config.layerCount);
        LayerWeights layer;
        layer.attentionNorm = read(layerName(i, "input_layernorm"));
        layer.feedForwardNorm = read(layerName(i, "post_attention_layernorm"));
        layer.queryKeyValue = read.joined(i, kQueryKeyValue);
        if (config.hasQkvBias) layer.queryKeyValueBias = read.joined(i, kQueryKeyValue, ".bias");
        if (config.hasQkNorm) {
            layer.queryNorm = read(layerName(i, "self_attn.q_norm"));
            layer.keyNorm = read(layerName(i, "self_attn.k_norm"));
        }
        layer.output = read(layerName(i, "self_attn.o_proj"));
        layer.gateUp = read.joined(i, kGateUp);
        layer.down = read(layerName(i, "mlp.down_proj"));
        weights.layers.push_back(std::move(layer));
    }
    return {config, std::move(weights)};
}

namespace {

/// A generator of its own on a CPU, the device's own elsewhere.
at::Generator generatorOn(const torch::Device& device, std::uint64_t seed) {
    if (device.is_cpu()) return at::detail::createCPUGenerator(seed);
    at::Generator generator = at::globalContext().defaultGenerator(device);
    generator.set_current_seed(seed);
    return generator;
}

}  // namespace

Transformer randomTransformer(const ModelConfig& config, const torch::Device& device, std::uint64_t seed,
                              torch::ScalarType type) {
    at::Generator generator = generatorOn(device, seed);
    constexpr double kDeviation = 0.02;  // GPT-2's
    const double outputDeviation = kDeviation / std::sqrt(2.0 * config.layerCount);
    const auto normal = [&](int64_t rows, int64_t columns, double deviation) {
        const auto options = torch::TensorOptions(device).dtype(torch::kFloat32);
        return torch::randn({rows, columns}, generator, options).mul_(deviation).to(type);
    };
    const auto ones = [&](int64_t size) { return torch::ones({size}, torch::TensorOptions(device).dtype(type)); };
    const int64_t hidden = config.hiddenSize, dim = config.headDim, ffn = config.feedForwardSize;
    TransformerWeights weights;
    weights.embedding = normal(config.vocabularySize, hidden, kDeviation);
    weights.finalNorm = ones(hidden);
    weights.head = config.tiedEmbeddings ? weights.embedding : normal(config.vocabularySize, hidden, kDeviation);
    for (int i = 0; i < config.layerCount; ++i) {
        LayerWeights layer;
        layer.attentionNorm = ones(hidden);
        layer.feedForwardNorm = ones(hidden);
        layer.queryKeyValue = normal((config.queryHeadCount + 2 * config.kvHeadCount) * dim, hidden, kDeviation);
        if (config.hasQkvBias) {
            const int64_t rows = (config.queryHeadCount + 2 * config.kvHeadCount) * dim;
            layer.queryKeyValueBias = normal(rows, 1, kDeviation).flatten();
        }
        if (config.hasQkNorm) {
            layer.queryNorm = ones(dim);
            layer.keyNorm = ones(dim);
        }
        layer.output = normal(hidden, config.queryHeadCount * dim, outputDeviation);
        layer.gateUp = normal(2 * ffn, hidden, kDeviation);
        layer.down = normal(hidden, ffn, outputDeviation);
        weights.layers.push_back(std::move(layer));
    }
    return {config, std::move(weights)};
}

std::vector<std::pair<std::string, Tensor>> namedWeights(const Transformer& model) {
    const ModelConfig& config = model.config();
    const TransformerWeights& weights = model.weights();
    const int64_t queryRows = int64_t{config.queryHeadCount} * config.headDim;
    const int64_t kvRows = int64_t{config.kvHeadCount} * config.headDim;
    std::map<std::string, Tensor> byName{{"model.embed_tokens.weight", weights.embedding},
                                         {"model.norm.weight", weights.finalNorm},
                                         {"lm_head.weight", weights.head}};
    for (int i = 0; i < config.layerCount; ++i) {
        const LayerWeights& layer = weights.layers[static_cast<std::size_t>(i)];
        const auto qkv = layer.queryKeyValue.split_with_sizes({queryRows, kvRows, kvRows}, 0);
        for (std::size_t part = 0; part < qkv.size(); ++part) byName[layerName(i, kQueryKeyValue[part])] = qkv[part];
        if (config.hasQkvBias) {
            const auto bias = layer.queryKeyValueBias.split_with_sizes({queryRows, kvRows, kvRows}, 0);
            for (std::size_t part = 0; part < bias.size(); ++part)
                byName[layerName(i, kQueryKeyValue[part], ".bias")] = bias[part];
        }
        const auto gateUp = layer.gateUp.chunk(2, 0);
        for (std::size_t part = 0; part < gateUp.size(); ++part) byName[layerName(i, kGateUp[part])] = gateUp[part];
        byName[layerName(i, "input_layernorm")] = layer.attentionNorm;
        byName[layerName(i, "post_attention_layernorm")] = layer.feedForwardNorm;
        byName[layerName(i, "self_attn.o_proj")] = layer.output;
        byName[layerName(i, "mlp.down_proj")] = layer.down;
        byName[layerName(i, "self_attn.q_norm")] = layer.queryNorm;
        byName[layerName(i, "self_attn.k_norm")] = layer.keyNorm;
    }
    std::vector<std::pair<std::string, Tensor>> result;
    for (const TensorInfo& info : requiredTensors(config))
        result.emplace_back(info.name, byName.at(info.name).detach().to(torch::kCPU, torch::kFloat32).contiguous());
    return result;
}

}  // namespace consa
