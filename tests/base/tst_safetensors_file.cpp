// Tests safetensors reading and writing, headers that lie, and Hugging Face folders.
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/hf_checkpoint.h"
#include "core/checkpoint/safetensors_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/gguf_builder.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <nlohmann/json.hpp>

using namespace consa;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string fixture(const std::string& name) {
    return std::string(CONSA_FIXTURES) + "/" + name;
}

/// A file with this header and `dataBytes` zero bytes of data.
std::string withHeader(const std::string& header, std::size_t dataBytes) {
    return test::GgufBuilder::pack(std::uint64_t{header.size()}) + header + std::string(dataBytes, '\0');
}

std::string entry(const char* name, const char* type, const char* shape, int begin, int end) {
    const nlohmann::json tensor = {
        {"dtype", type}, {"shape", nlohmann::json::parse(shape)}, {"data_offsets", {begin, end}}};
    return nlohmann::json(name).dump() + ":" + tensor.dump();
}

}  // namespace

class TestSafetensorsFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsWhatItWrites();
    void readsHalfPrecision();
    void refusesHeadersThatLie();
    void refusesEveryPrefix();
    void namesUnsupportedTypes();
    void opensShardedLlama();
    void opensTiedQwen3();
    void namesMissingParts();
    void namesUnsupportedFields();
    void opensWhatPretrainingWrites();
    void opensEmbeddedDemo();

private:
    /// A copy of the tiny Qwen3 with one field of its config.json changed.
    [[nodiscard]] std::string changed(const char* field, const json& value) const;
    [[nodiscard]] fs::path folder() const { return fs::path(m_folder.path().toStdString()); }

    QTemporaryDir m_folder;
};

std::string TestSafetensorsFile::changed(const char* field, const json& value) const {
    json config = json::parse(readFile(fixture("tiny_qwen3/config.json")));
    config[field] = value;
    writeFileAtomically(folder() / "changed/config.json", config.dump());
    writeFileAtomically(folder() / "changed/model.safetensors", readFile(fixture("tiny_qwen3/model.safetensors")));
    return (folder() / "changed").string();
}

void TestSafetensorsFile::readsWhatItWrites() {
    const std::vector<NamedTensor> tensors = {{"b", {2, 3}, {1, -2, 3.5F, 0.1F, 1e-30F, -1e30F}, StorageType::F32},
                                              {"a", {2}, {1.0F, -0.5F}, StorageType::BF16},
                                              {"none", {0, 4}, {}, StorageType::F32},
                                              {"scalar", {}, {7}, StorageType::F32}};
    const std::string bytes = toSafetensors(tensors, {{"step", "12"}, {"quote", "\"\n"}});
    const SafetensorsFile file(bytes, "written");
    QCOMPARE(file.metadata().at("step"), std::string("12"));
    QCOMPARE(file.metadata().at("quote"), std::string("\"\n"));
    for (const NamedTensor& tensor : tensors) {
        QCOMPARE(file.readFloat32(tensor.name), tensor.values);
        QCOMPARE(file.find(tensor.name)->info.shape, tensor.shape);
    }
    QCOMPARE((file.find("b")->bytes.data() - bytes.data()) % 64, std::ptrdiff_t{0});
    QVERIFY(file.find("c") == nullptr);
    VERIFY_ERROR(file.readFloat32("c"), "no tensor c");
    QCOMPARE(SafetensorsFile(toSafetensors({}, {}), "empty").tensors().size(), std::size_t{0});
}

void TestSafetensorsFile::readsHalfPrecision() {
    std::string bytes = withHeader("{" + entry("h", "F16", "[2]", 0, 4) + "}", 0);
    bytes += std::string("\x00\x3c\x00\xc0", 4);
    QCOMPARE(SafetensorsFile(bytes, "f").readFloat32("h"), (std::vector<float>{1.0F, -2.0F}));
}

void TestSafetensorsFile::refusesHeadersThatLie() {
    const auto refuses = [](const std::string& header, std::size_t dataBytes, const char* words) {
        VERIFY_ERROR(SafetensorsFile(withHeader(header, dataBytes), "lie.safetensors"), "lie.safetensors");
        VERIFY_ERROR(SafetensorsFile(withHeader(header, dataBytes), "lie.safetensors"), words);
    };
    refuses("{" + entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[2]", 4, 12) + "}", 12, "overlaps");
    refuses("{" + entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[2]", 0, 8) + "}", 8, "overlaps");
    refuses("{" + entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[2]", 12, 20) + "}", 20, "hole");
    refuses("{" + entry("a", "F32", "[2]", 0, 8) + "}", 4, "past the end");
    refuses("{" + entry("a", "F32", "[2]", 8, 0) + "}", 8, "past the end");
    refuses("{" + entry("a", "F32", "[2]", 0, 8) + "}", 9, "bytes follow");
    refuses("{" + entry("a", "F32", "[3]", 0, 8) + "}", 8, "other bytes than its shape");
    refuses("{" + entry("a", "F32", "[4294967296,4294967296,4294967296]", 0, 8) + "}", 8, "impossible shape");
    refuses("{" + entry("a", "F32", "[-2]", 0, 8) + "}", 8, "no whole number");
    refuses("{" + entry("a", "F32", "[2.5]", 0, 8) + "}", 8, "no whole number");
    refuses("{" + entry("a", "Q9", "[2]", 0, 8) + "}", 8, "Q9");
    refuses(R"({"a":{"dtype":"F32","shape":[2]}})", 8, "data_offsets");
    refuses(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8, "dtype");
    refuses(R"({"a":3})", 0, "no object");
    refuses(R"({"__metadata__":{"a":1}})", 0, "no string");
    refuses("[1]", 0, "not JSON");
    refuses("{broken", 0, "not JSON");
    VERIFY_ERROR(SafetensorsFile(test::GgufBuilder::pack(~std::uint64_t{0}) + "{}", "f"), "longer than the file");
}

void TestSafetensorsFile::refusesEveryPrefix() {
    const std::string whole = readFile(fixture("tiny_qwen3/model.safetensors"));
    static_cast<void>(SafetensorsFile(whole, "whole"));
    for (std::size_t length = 0; length < whole.size(); length += length < 64 ? 1 : 997) {
        const std::vector<char> prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        VERIFY_ERROR(SafetensorsFile({prefix.data(), prefix.size()}, "cut.safetensors"), "cut.safetensors");
    }
}

void TestSafetensorsFile::namesUnsupportedTypes() {
    const std::string bytes = withHeader("{" + entry("a", "I64", "[1]", 0, 8) + "}", 8);
    const SafetensorsFile file(bytes, "f");
    VERIFY_ERROR(file.readFloat32("a"), "I64");
}

void TestSafetensorsFile::opensShardedLlama() {
    const auto checkpoint = openCheckpoint(fixture("tiny_llama"));
    const ModelConfig& config = checkpoint->config();
    QCOMPARE(config.name, std::string("tiny_llama"));
    QCOMPARE(config.architecture, std::string("llama"));
    QCOMPARE(config.kvHeadCount, 2);
    QCOMPARE(config.headDim, 8);
    QCOMPARE(config.ropeTheta, 10000.0);
    QVERIFY(!config.tiedEmbeddings);
    QCOMPARE(checkpoint->format(), std::string("safetensors"));
    std::int64_t elements = 0;
    for (const TensorInfo& tensor : checkpoint->tensors()) elements += tensor.elementCount();
    QCOMPARE(elements, config.parameterCount());
    QCOMPARE(checkpoint->readFloat32("lm_head.weight").size(), std::size_t{260 * 32});
    QCOMPARE(checkpoint->tokenizerJson(), readFile(fixture("tiny_llama/tokenizer.json")));
    QCOMPARE(checkpoint->fingerprint().size(), std::size_t{16});
}

void TestSafetensorsFile::opensTiedQwen3() {
    const auto checkpoint = openCheckpoint(fixture("tiny_qwen3"));
    const ModelConfig& config = checkpoint->config();
    QCOMPARE(config.architecture, std::string("qwen3"));
    QVERIFY(config.hasQkNorm);
    QVERIFY(config.tiedEmbeddings);
    QCOMPARE(config.headDim, 16);
    QCOMPARE(config.ropeTheta, 1e6);
    QCOMPARE(config.rmsNormEpsilon, 1e-6);
    QCOMPARE(checkpoint->tokenizerJson(), std::string());
    QCOMPARE(modelConfigFromJson(toJson(config), "itself"), config);

    std::string weights = readFile(fixture("tiny_qwen3/model.safetensors"));
    const std::string copy = changed("rope_theta", 1e6);
    QCOMPARE(openCheckpoint(copy)->fingerprint(), checkpoint->fingerprint());
    weights[weights.size() - 20] ^= 1;
    writeFileAtomically(folder() / "changed/model.safetensors", weights);
    QVERIFY(openCheckpoint(copy)->fingerprint() != checkpoint->fingerprint());
    QVERIFY(openCheckpoint(changed("rope_theta", 5e5))->fingerprint() != checkpoint->fingerprint());
}

void TestSafetensorsFile::namesMissingParts() {
    fs::create_directories(folder() / "bare");
    VERIFY_ERROR(openCheckpoint((folder() / "bare").string()), "config.json");
    writeFileAtomically(folder() / "bare/config.json", readFile(fixture("tiny_llama/config.json")));
    VERIFY_ERROR(openCheckpoint((folder() / "bare").string()), "model.safetensors.index.json");
    writeFileAtomically(folder() / "bare/model.safetensors.index.json", R"({"weight_map":{"a":"../up.safetensors"}})");
    VERIFY_ERROR(openCheckpoint((folder() / "bare").string()), "tensor a");
    writeFileAtomically(folder() / "bare/model.safetensors.index.json", R"({"weight_map":{"a":"absent.safetensors"}})");
    VERIFY_ERROR(openCheckpoint((folder() / "bare").string()), "absent.safetensors");
    writeFileAtomically(folder() / "bare/model.safetensors", readFile(fixture("tiny_qwen3/model.safetensors")));
    VERIFY_ERROR(openCheckpoint((folder() / "bare").string()), "shape");
    VERIFY_ERROR(openCheckpoint((folder() / "bare/model.safetensors").string()), "name the folder");
    const std::string withoutMark = changed("consa_tokenizer", nullptr);
    VERIFY_ERROR(openCheckpoint(withoutMark)->tokenizerJson(), "tokenizer.json");
    VERIFY_ERROR(openCheckpoint(changed("tie_word_embeddings", false)), "lm_head.weight");
    VERIFY_ERROR(openCheckpoint(changed("num_hidden_layers", 3)), "layer_types");
}

void TestSafetensorsFile::namesUnsupportedFields() {
    const std::vector<std::pair<const char*, json>> cases = {{"architectures", json::array({"GemmaForCausalLM"})},
                                                             {"rope_scaling", {{"rope_type", "llama3"}}},
                                                             {"rope_scaling", {{"type", "linear"}}},
                                                             {"rope_parameters", {{"rope_type", "yarn"}}},
                                                             {"attention_bias", true},
                                                             {"mlp_bias", true},
                                                             {"rope_parameters", {{"full_attention", json::object()}}},
                                                             {"hidden_act", "gelu"},
                                                             {"quantization_config", {{"bits", 4}}},
                                                             {"layer_types", json::array({"sliding_attention"})},
                                                             {"hidden_size", "many"},
                                                             {"hidden_size", nullptr},
                                                             {"consa_tokenizer", "words"}};
    for (const auto& [field, value] : cases) VERIFY_ERROR(openCheckpoint(changed(field, value)), field);
    VERIFY_ERROR(openCheckpoint(changed("num_key_value_heads", 3)), "KV heads");
    VERIFY_ERROR(openCheckpoint(changed("head_dim", 15)), "headDim");
    VERIFY_ERROR(openCheckpoint(changed("num_hidden_layers", -1)), "layerCount");
    QCOMPARE(openCheckpoint(changed("rope_scaling", {{"rope_type", "default"}}))->config().layerCount, 2);
}

void TestSafetensorsFile::opensWhatPretrainingWrites() {
    ModelConfig config = openCheckpoint(fixture("tiny_qwen3"))->config();
    std::vector<NamedTensor> tensors;
    for (const TensorInfo& info : requiredTensors(config)) {
        tensors.push_back(
            {info.name, info.shape, std::vector<float>(static_cast<std::size_t>(info.elementCount()), 0.5F)});
    }
    writeFileAtomically(folder() / "ours/model.safetensors", toSafetensors(tensors, {}));
    writeFileAtomically(folder() / "ours/config.json", toHuggingFaceJson(config));
    const auto checkpoint = openCheckpoint((folder() / "ours").string());
    config.name = "ours";
    QCOMPARE(checkpoint->config(), config);
    QCOMPARE(checkpoint->tokenizerJson(), std::string());
    QCOMPARE(checkpoint->readFloat32("model.norm.weight"), std::vector<float>(32, 0.5F));
}

void TestSafetensorsFile::opensEmbeddedDemo() {
    std::unique_ptr<Checkpoint> checkpoint;
    const std::string sentence = test::errorOf([&] { checkpoint = openCheckpoint("demo"); });
    if (!checkpoint) QSKIP(("this build has no demo model: " + sentence).c_str());
    QCOMPARE(checkpoint->format(), std::string("embedded"));
    QCOMPARE(checkpoint->tokenizerJson(), std::string());
    QVERIFY(checkpoint->config().layerCount >= 6 && checkpoint->config().kvHeadCount >= 4);
    QVERIFY(checkpoint->config().vocabularySize >= 256);
}

QTEST_APPLESS_MAIN(TestSafetensorsFile)
#include "tst_safetensors_file.moc"
