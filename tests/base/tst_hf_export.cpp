// Tests exported Hugging Face folders: what is chosen and refused, what lies in them, and that transformers computes
// the same as the original under the layout.
#include "core/base/file_io.h"
#include "core/checkpoint/hf_export.h"
#include "core/checkpoint/safetensors_file.h"
#include "core/layout/layout_exchange.h"
#include "tests/support/exchange_models.h"
#include "tests/support/expect_error.h"
#include "tests/support/references.h"

#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>
#include <set>

using namespace consa;
using namespace consa::test;
using nlohmann::json;
namespace fs = std::filesystem;

/// Compares two JSON values, and shows them when they differ.
#define COMPARE_JSON(actual, expected) QCOMPARE(nlohmann::json(actual).dump(), nlohmann::json(expected).dump())

namespace {

ModelConfig smallModel(const char* architecture) {
    return {"small", architecture, 4, 4, 2, 16, 64, 96, 300, 256, 10000, 1e-5, false, false, false, {}, {}};
}

}  // namespace

class TestHfExport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->path().toStdString();
    }

    void choosesTheSameMaths_data();
    void choosesTheSameMaths();
    void refusesWhatCannotBeSaid();
    void saysWhatIsLost();
    void writesBothSpellings();
    void slidesForOldReleasesOnlyWhereThatIsExact_data();
    void slidesForOldReleasesOnlyWhereThatIsExact();
    void recognisesLlama3Divisors();
    void linksAFoldersOwnWeights();
    void convertsTheEmbeddedModel();
    void writesShardsAndBFloat16();
    void leavesNothingBehind();

private:
    void exportTo(const fs::path& folder, const Checkpoint& checkpoint, const LayoutFile& layout,
                  const fs::path& source = {}, LlamaTarget llamaTarget = LlamaTarget::Ministral) {
        HuggingFaceExport how;
        how.folder = folder;
        how.sourceFolder = source;
        writeHuggingFaceFolder(checkpoint, planHuggingFaceExport(checkpoint.config(), layout, llamaTarget), how);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path m_path;
};

void TestHfExport::choosesTheSameMaths_data() {
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<bool>("addsBiases");
    QTest::newRow("llama") << "llama"
                           << "ministral" << false;
    QTest::newRow("mistral") << "mistral"
                             << "ministral" << false;
    QTest::newRow("ministral") << "ministral"
                               << "ministral" << false;
    QTest::newRow("qwen2") << "qwen2"
                           << "qwen2" << false;
    QTest::newRow("qwen3") << "qwen3"
                           << "qwen3" << false;
}

void TestHfExport::choosesTheSameMaths() {
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(bool, addsBiases);
    ModelConfig model = smallModel(from.toLatin1().constData());
    model.hasQkvBias = model.architecture == "qwen2";
    model.hasQkNorm = model.architecture == "qwen3";
    const HuggingFacePlan plan = planHuggingFaceExport(model, layersOf(model, "1001", 32));
    QCOMPARE(plan.config.architecture, to.toStdString());
    QCOMPARE(plan.addsZeroBiases, addsBiases);
    QCOMPARE(plan.slidingWindow, 32);
    QCOMPARE(plan.slides, (std::vector<bool>{false, true, true, false}));
    QVERIFY(plan.losses.empty());
    const HuggingFacePlan old = planHuggingFaceExport(model, layersOf(model, "1001", 32), LlamaTarget::Qwen2);
    QCOMPARE(old.config.architecture, from == QLatin1String("llama") ? std::string("qwen2") : to.toStdString());
    QCOMPARE(old.addsZeroBiases, from == QLatin1String("llama"));
    VERIFY_ERROR(llamaTargetFromString("gpt2"), "auto or qwen2");
}

void TestHfExport::refusesWhatCannotBeSaid() {
    const ModelConfig llama = smallModel("llama");
    LayoutFile heads = layersOf(llama, "1001", 32);
    heads.layout = heads.layout.perKvHead();
    QCOMPARE(planHuggingFaceExport(llama, heads).slidingWindow, 32);
    heads.layout.setFull(2, 1, true);
    VERIFY_ERROR(planHuggingFaceExport(llama, heads), "layer 2 has full and sliding KV heads");

    ModelConfig mistral = smallModel("mistral");
    mistral.nativeWindows.assign(4, 64);
    VERIFY_ERROR(planHuggingFaceExport(mistral, layersOf(mistral, "1001", 32)),
                 "layer 0 sees 64 tokens and layer 1 sees 32");
    QCOMPARE(planHuggingFaceExport(mistral, layersOf(mistral, "1001", 64)).slides, std::vector<bool>(4, true));
    QCOMPARE(planHuggingFaceExport(mistral, layersOf(mistral, "1001", 99)).slidingWindow, 64);
    QCOMPARE(planHuggingFaceExport(mistral, layersOf(mistral, "0000", 32)).slidingWindow, 32);

    LayoutFile other = layersOf(llama, "1001", 32);
    other.layout = AttentionLayout({32, 8, Granularity::Layer}, true);
    VERIFY_ERROR(planHuggingFaceExport(llama, other), "32 x 8");
    ModelConfig both = smallModel("qwen3");
    both.hasQkNorm = both.hasQkvBias = true;
    VERIFY_ERROR(planHuggingFaceExport(both, layersOf(both, "1001", 32)), "both norms and biases");
}

void TestHfExport::saysWhatIsLost() {
    const ModelConfig model = smallModel("llama");
    const auto losses = planHuggingFaceExport(model, layersOf(model, "1001", 32, 4)).losses;
    QCOMPARE(losses.size(), std::size_t{1});
    QVERIFY(losses[0].find("first 4 tokens") != std::string::npos);
    QVERIFY(planHuggingFaceExport(model, layersOf(model, "1111", 32, 4)).losses.empty());
}

void TestHfExport::writesBothSpellings() {
    ModelConfig model = smallModel("llama");
    model.ropeScaling = {RopeForm::Llama3, 8, 1, 4, 64, {}};
    model.ropeTheta = 5e5;
    const HuggingFaceExtras extras{"bfloat16", R"({"bos_token_id": 1, "eos_token_id": [2, 3]})", false};
    const json config =
        json::parse(toHuggingFaceConfig(planHuggingFaceExport(model, layersOf(model, "1001", 32)), extras));
    COMPARE_JSON(config["torch_dtype"], "bfloat16");
    COMPARE_JSON(config["dtype"], "bfloat16");
    COMPARE_JSON(config["rope_theta"], 5e5);
    COMPARE_JSON(config["rope_scaling"]["factor"], 8.0);
    QVERIFY(!config["rope_scaling"].contains("rope_theta"));
    COMPARE_JSON(config["rope_parameters"]["rope_type"], "llama3");
    COMPARE_JSON(config["rope_parameters"]["rope_theta"], 5e5);
    COMPARE_JSON(config["eos_token_id"], (json{2, 3}));
    QVERIFY(config["pad_token_id"].is_null());
    QVERIFY(!config.contains("consa_tokenizer"));
}

void TestHfExport::slidesForOldReleasesOnlyWhereThatIsExact_data() {
    QTest::addColumn<QString>("full");
    QTest::addColumn<int>("maxWindowLayers");
    QTest::newRow("tail") << "1100" << 2;
    QTest::newRow("mixed") << "1001" << 4;
    QTest::newRow("all full") << "1111" << 4;
    QTest::newRow("all sliding") << "0000" << 0;
}

void TestHfExport::slidesForOldReleasesOnlyWhereThatIsExact() {
    QFETCH(QString, full);
    QFETCH(int, maxWindowLayers);
    const ModelConfig model = smallModel("llama");
    const auto plan = planHuggingFaceExport(model, layersOf(model, full.toStdString(), 32), LlamaTarget::Qwen2);
    const std::string text = toHuggingFaceConfig(plan, {});
    const json config = json::parse(text);
    COMPARE_JSON(config["max_window_layers"], maxWindowLayers);
    COMPARE_JSON(config["use_sliding_window"], full.contains(QLatin1Char('0')));
    // What was written reads back as the layout.
    writeFileAtomically(m_path / "config.json", text);
    const LayoutFile back = readAnyLayoutFile(m_path / "config.json", {});
    QCOMPARE(back.layout, layersOf(model, full.toStdString(), 32).layout);
    if (back.layout.sparsity() > 0) QCOMPARE(back.windowTokens, 32);
    QCOMPARE(back.sinkTokens, 0);
}

void TestHfExport::recognisesLlama3Divisors() {
    ModelConfig model = smallModel("llama");
    model.headDim = 64;
    model.ropeTheta = 5e5;
    ModelConfig scaled = model;
    scaled.ropeScaling = {RopeForm::Llama3, 32, 1, 4, 8192, {}};
    const std::vector<double> plain = rotaryFrequencies(model, 1), stretched = rotaryFrequencies(scaled, 1);
    model.ropeScaling.form = RopeForm::Divisors;
    for (std::size_t i = 0; i < plain.size(); ++i)
        model.ropeScaling.divisors.push_back(static_cast<float>(plain[i] / stretched[i]));
    const LayoutFile layout = layersOf(model, "1001", 32);
    json rope = json::parse(toHuggingFaceConfig(planHuggingFaceExport(model, layout), {}))["rope_scaling"];
    COMPARE_JSON(rope["rope_type"], "llama3");
    COMPARE_JSON(rope["factor"], 32.0);
    model.ropeScaling.divisors[3] *= 1.01;
    rope = json::parse(toHuggingFaceConfig(planHuggingFaceExport(model, layout), {}))["rope_scaling"];
    COMPARE_JSON(rope["rope_type"], "longrope");
    QCOMPARE(rope["long_factor"].get<std::vector<double>>(), model.ropeScaling.divisors);
    COMPARE_JSON(rope["attention_factor"], 1.0);
}

void TestHfExport::linksAFoldersOwnWeights() {
    REQUIRE_REFERENCES("exchange");
    const fs::path source = referenceFolder("exchange") / "llama";
    const auto checkpoint = openReference(source);
    exportTo(m_path / "out", *checkpoint, layersOf(checkpoint->config(), "1001", 32), source, LlamaTarget::Qwen2);
    QCOMPARE(readFile(m_path / "out" / "model-00001-of-00002.safetensors"), readFile(source / "model.safetensors"));
    QVERIFY(!fs::exists(m_path / "out" / "model.safetensors"));
    QVERIFY(fs::file_size(m_path / "out" / "model-00002-of-00002.safetensors") < 10000);
    const json index = readJson(m_path / "out" / "model.safetensors.index.json");
    COMPARE_JSON(index["weight_map"]["model.layers.3.self_attn.k_proj.bias"], "model-00002-of-00002.safetensors");
    COMPARE_JSON(index["weight_map"]["model.norm.weight"], "model-00001-of-00002.safetensors");
    QVERIFY(fs::exists(m_path / "out" / "generation_config.json"));
    COMPARE_JSON(readJson(m_path / "out" / "config.json")["eos_token_id"],
                 readJson(source / "config.json")["eos_token_id"]);
}

void TestHfExport::convertsTheEmbeddedModel() {
    const auto demo = openCheckpoint("demo");
    exportTo(m_path / "demo", *demo, layersOf(demo->config(), lastLayerFull(*demo), 64), {}, LlamaTarget::Qwen2);
    const json config = readJson(m_path / "demo" / "config.json");
    COMPARE_JSON(config["consa_tokenizer"], "bytes");
    COMPARE_JSON(config["layer_types"].front(), "sliding_attention");
    COMPARE_JSON(config["layer_types"].back(), "full_attention");
    const std::string bytes = readFile(m_path / "demo" / "model.safetensors");
    const SafetensorsFile file(bytes, "the export");
    for (const TensorInfo& tensor : requiredTensors(demo->config()))
        QCOMPARE(file.readFloat32(tensor.name), demo->readFloat32(tensor.name));
    for (const float bias : file.readFloat32("model.layers.1.self_attn.q_proj.bias")) QCOMPARE(bias, 0.0F);
}

void TestHfExport::writesShardsAndBFloat16() {
    const auto demo = openCheckpoint("demo");
    HuggingFaceExport how;
    how.folder = m_path / "shards/";
    how.weights = ExportedWeights::BFloat16;
    how.shardBytes = 200000;
    double last = -1;
    how.progress = [&](double share) {
        QVERIFY(share >= last && share <= 1);
        last = share;
    };
    writeHuggingFaceFolder(
        *demo, planHuggingFaceExport(demo->config(), layersOf(demo->config(), lastLayerFull(*demo), 64)), how);
    QCOMPARE(last, 1.0);
    const json index = readJson(m_path / "shards" / "model.safetensors.index.json");
    std::int64_t total = 0;
    std::set<std::string> names;
    for (const auto& [tensor, name] : index["weight_map"].items()) names.insert(name.get<std::string>());
    QVERIFY(names.size() > 2);
    for (const std::string& name : names) {
        const std::string bytes = readFile(m_path / "shards" / name);
        const SafetensorsFile file(bytes, name);
        for (const StoredTensor& tensor : file.tensors()) {
            COMPARE_JSON(index["weight_map"][tensor.info.name], name);
            QCOMPARE(tensor.info.type, std::string("BF16"));
            total += tensor.info.byteCount;
        }
    }
    COMPARE_JSON(index["metadata"]["total_size"], total);
    COMPARE_JSON(readJson(m_path / "shards" / "config.json")["dtype"], "bfloat16");
    VERIFY_ERROR(exportedWeightsFromString("int4"), "stored, float32 or bfloat16");
}

void TestHfExport::leavesNothingBehind() {
    const auto demo = openCheckpoint("demo");
    const auto plan = planHuggingFaceExport(demo->config(), layersOf(demo->config(), lastLayerFull(*demo), 64));
    HuggingFaceExport how;
    how.folder = m_path / "stopped";
    how.progress = [](double share) {
        if (share > 0.3) throw Error("stopped", ErrorKind::RunFailed);
    };
    VERIFY_ERROR(writeHuggingFaceFolder(*demo, plan, how), "stopped");
    QVERIFY(fs::is_empty(m_path));
    writeFileAtomically(m_path / "taken" / "notes.txt", "kept");
    how.folder = m_path / "taken";
    how.progress = [](double) {};
    VERIFY_ERROR(writeHuggingFaceFolder(*demo, plan, how), "something is there");
    QCOMPARE(readFile(m_path / "taken" / "notes.txt"), std::string("kept"));
}

QTEST_GUILESS_MAIN(TestHfExport)
#include "tst_hf_export.moc"
