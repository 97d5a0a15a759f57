// Tests that transformers computes with an exported folder what the original computes under the layout, and reads the
// same tokens.
#include "core/checkpoint/hf_export.h"
#include "core/checkpoint/safetensors_writer.h"
#include "tests/support/exchange_models.h"
#include "tests/support/references.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <nlohmann/json.hpp>

using namespace consa;
using namespace consa::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// One comparison for check_export.py.
json comparisonJob(const fs::path& exported, const fs::path& original, const std::string& full, int window) {
    constexpr int kTokens = 100;  // past the 64 of the model with dynamic positions
    json slides = json::array();
    for (const char unit : full) slides.push_back(unit == '1' ? 0 : 1);
    return {{"exported", exported.string()},
            {"original", original.string()},
            {"slides", slides},
            {"window", window},
            {"tokens", kTokens}};
}

/// What check_export.py prints; on failure an object with its error for every job.
json compare(const json& jobs) {
    QProcess process;
    process.start(qEnvironmentVariable("CONSA_PYTHON", QStringLiteral("python3")),
                  {QStringLiteral(CONSA_REFERENCE_SCRIPTS "/check_export.py"), QString::fromStdString(jobs.dump())});
    process.waitForFinished(240000);
    const std::string output = process.readAllStandardOutput().toStdString();
    const json results = json::parse(output, nullptr, false);
    if (results.is_array() && results.size() == jobs.size()) return results;
    const json failed = {{"error", process.readAllStandardError().right(600).toStdString() + output}};
    return json::array_t(jobs.size(), failed);
}

/// A layout of a reference model and what transformers should make of it.
struct ParityCase {
    const char* name;
    const char* model;
    const char* full;
    int window;
    const char* className;
    LlamaTarget llamaTarget = LlamaTarget::Ministral;
};

constexpr std::array kParityCases = {
    ParityCase{"llama, all full", "llama", "1111", 8, "MinistralForCausalLM"},
    ParityCase{"llama, tied", "llama", "1001", 8, "MinistralForCausalLM"},
    ParityCase{"llama as qwen2", "llama", "1001", 8, "Qwen2ForCausalLM", LlamaTarget::Qwen2},
    ParityCase{"llama3 positions as qwen2", "llama_wide", "0110", 5, "Qwen2ForCausalLM", LlamaTarget::Qwen2},
    ParityCase{"llama3 positions, wide heads", "llama_wide", "0110", 5, "MinistralForCausalLM"},
    ParityCase{"linear positions", "llama_linear", "0100", 8, "MinistralForCausalLM"},
    ParityCase{"dynamic positions", "llama_dynamic", "0010", 8, "MinistralForCausalLM"},
    ParityCase{"mistral in shards", "mistral", "0101", 8, "MinistralForCausalLM"},
    ParityCase{"mistral, native window", "mistral_window", "0000", 8, "MinistralForCausalLM"},
    ParityCase{"mistral, full in its window", "mistral_window", "1001", 24, "MinistralForCausalLM"},
    ParityCase{"qwen2", "qwen2", "1010", 8, "Qwen2ForCausalLM"},
    ParityCase{"qwen3", "qwen3", "0011", 8, "Qwen3ForCausalLM"},
};

}  // namespace

class TestExportParity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void computesTheSameInTransformers();

private:
    json embeddedModelJob();
    json tokenizerJob();
    void exportTo(const fs::path& folder, const Checkpoint& checkpoint, const LayoutFile& layout,
                  const fs::path& source = {}, LlamaTarget llamaTarget = LlamaTarget::Ministral) {
        HuggingFaceExport how;
        how.folder = folder;
        how.sourceFolder = source;
        writeHuggingFaceFolder(checkpoint, planHuggingFaceExport(checkpoint.config(), layout, llamaTarget), how);
    }

    QTemporaryDir m_folder;
    fs::path m_path = m_folder.path().toStdString();
};

void TestExportParity::computesTheSameInTransformers() {
    REQUIRE_REFERENCES("exchange");
    json jobs = json::array();
    for (std::size_t i = 0; i < kParityCases.size(); ++i) {
        const ParityCase& parity = kParityCases.at(i);
        const fs::path source = referenceFolder("exchange") / parity.model, folder = m_path / std::to_string(i);
        const auto checkpoint = openReference(source);
        exportTo(folder, *checkpoint, layersOf(checkpoint->config(), parity.full, parity.window), source,
                 parity.llamaTarget);
        jobs.push_back(comparisonJob(folder, source, parity.full, parity.window));
    }
    jobs.push_back(embeddedModelJob());
    jobs.push_back(tokenizerJob());
    const json results = compare(jobs);
    for (std::size_t i = 0; i < kParityCases.size(); ++i) {
        const ParityCase& parity = kParityCases.at(i);
        const std::string shown = std::string(parity.name) + ": " + results[i].dump();
        QVERIFY2(!results[i].contains("error"), shown.c_str());
        QVERIFY2(results[i]["class"] == parity.className, shown.c_str());
        QVERIFY2(results[i]["reference"] < 1e-5, shown.c_str());
        QVERIFY2(results[i]["difference"] < 1e-5, shown.c_str());
        // Sliding layers must matter, or this would prove nothing; a window as wide as the model's own changes nothing.
        const bool slides = std::string(parity.full) != "1111" && parity.window != 24;
        QVERIFY2(slides ? results[i]["effect"] > 0.01 : results[i]["effect"] < 1e-5, shown.c_str());
    }
    QVERIFY2(results.back()["sameTokens"] == true, results.back().dump().c_str());
    const json demo = results[kParityCases.size()];
    QVERIFY2(demo["difference"] < 1e-5 * demo["largest"].get<double>() && demo["effect"] > 0.01, demo.dump().c_str());
}

/// The embedded model's export, and as its original the same weights without biases, for transformers' Llama.
json TestExportParity::embeddedModelJob() {
    const auto demo = openCheckpoint("demo");
    exportTo(m_path / "demo", *demo, layersOf(demo->config(), lastLayerFull(*demo), 16));
    const fs::path original = m_path / "original";
    json config = readJson(m_path / "demo" / "config.json");
    config["architectures"] = {"LlamaForCausalLM"};
    config["model_type"] = "llama";
    for (const char* field : {"layer_types", "sliding_window", "use_sliding_window"}) config.erase(field);
    writeFileAtomically(original / "config.json", config.dump());
    std::vector<TensorPlan> tensors;
    for (const TensorInfo& tensor : requiredTensors(demo->config())) tensors.push_back({tensor.name, tensor.shape, {}});
    writeSafetensors(original / "model.safetensors", tensors,
                     [&](const TensorPlan& tensor) { return demo->readFloat32(tensor.name); });
    return comparisonJob(m_path / "demo", original, lastLayerFull(*demo), 16);
}

/// A Llama whose tokenizer splits text as Llama 3 does, written as from a source without a tokenizer_config.json.
json TestExportParity::tokenizerJob() {
    const fs::path source = referenceFolder("exchange") / "llama";
    const auto checkpoint = openReference(source, CONSA_FIXTURES "/golden/tokenizer_llama3.json");
    exportTo(m_path / "tokenizer", *checkpoint, layersOf(checkpoint->config(), "1001", 8));
    return comparisonJob(m_path / "tokenizer", source, "1001", 8);
}

QTEST_GUILESS_MAIN(TestExportParity)
#include "tst_export_parity.moc"
