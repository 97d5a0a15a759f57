// Tests GGUF files of the gguf package: the numbers it reads out of them, and the models they were made from.
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/gguf_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/references.h"

#include <QTest>

#include <bit>
#include <cmath>
#include <cstring>

using namespace consa;
namespace fs = std::filesystem;

namespace {

std::vector<float> readFloats(const fs::path& path) {
    const std::string bytes = readFile(path);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

/// The first place where two lists differ in a bit, or -1. A NaN equals any NaN: whether a signalling one becomes
/// quiet depends on the processor.
int firstDifference(const std::vector<float>& values, const std::vector<float>& expected) {
    if (values.size() != expected.size()) return 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const bool same = std::bit_cast<std::uint32_t>(values[i]) == std::bit_cast<std::uint32_t>(expected[i]);
        if (!same && !(std::isnan(values[i]) && std::isnan(expected[i]))) return static_cast<int>(i);
    }
    return -1;
}

/// What both descriptions of a model must have in common: all but the name, and what GGUF has no word for.
ModelConfig comparable(ModelConfig config) {
    config.name.clear();
    config.architecture.clear();  // a Mistral is a llama there
    config.ropeScaling = {};      // compared by the frequencies
    return config;
}

void compareModels(const Checkpoint& gguf, const Checkpoint& folder) {
    QCOMPARE(comparable(gguf.config()), comparable(folder.config()));
    const auto frequencies = rotaryFrequencies(gguf.config(), 100);
    const auto expected = rotaryFrequencies(folder.config(), 100);
    QCOMPARE(frequencies.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        QVERIFY(std::abs(frequencies[i] - expected[i]) <= 1e-6 * expected[i]);  // the file holds float32
    for (const TensorInfo& tensor : requiredTensors(folder.config())) {
        const int place = firstDifference(gguf.readFloat32(tensor.name), folder.readFloat32(tensor.name));
        QVERIFY2(place < 0, (tensor.name + " at " + std::to_string(place)).c_str());
    }
}

}  // namespace

class TestGgufReferences : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { REQUIRE_REFERENCES("gguf"); }
    void dequantisesEveryType();
    void readsAtOddAddresses();
    void refusesOtherTypes();
    void readsModelsLikeTheirFolders_data();
    void readsModelsLikeTheirFolders();
    void readsSplitModels();

private:
    const fs::path m_folder = test::referenceFolder("gguf");
};

void TestGgufReferences::dequantisesEveryType() {
    const std::string bytes = readFile(m_folder / "types.gguf");
    const GgufFile file(bytes, "types.gguf");
    QCOMPARE(file.tensors().size(), std::size_t{8 + 10 + 2});
    for (const GgufTensor& tensor : file.tensors()) {
        const std::vector<float> expected = readFloats(m_folder / "values" / (tensor.name + ".f32"));
        std::vector<float> values(tensor.bytes.size() / blockBytes(tensor.type) * blockValues(tensor.type));
        dequantise(tensor.type, tensor.bytes, values.data());
        const int place = firstDifference(values, expected);
        QVERIFY2(place < 0, (tensor.name + " at " + std::to_string(place)).c_str());
        QVERIFY(tensor.name.starts_with(toString(tensor.type)));
    }
}

void TestGgufReferences::readsAtOddAddresses() {
    const std::string bytes = readFile(m_folder / "types.gguf");
    const GgufFile file(bytes, "types.gguf");
    for (const GgufTensor& tensor : file.tensors()) {
        const std::string moved = "x" + std::string(tensor.bytes);
        std::vector<float> values(tensor.bytes.size() / blockBytes(tensor.type) * blockValues(tensor.type));
        dequantise(tensor.type, std::string_view(moved).substr(1), values.data());
        QVERIFY(firstDifference(values, readFloats(m_folder / "values" / (tensor.name + ".f32"))) < 0);
    }
}

void TestGgufReferences::refusesOtherTypes() {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(m_folder / "refused")) {
        const std::string bytes = readFile(entry.path());
        VERIFY_ERROR(GgufFile(bytes, "f"), "has type " + entry.path().stem().string() + ", which is not supported");
        ++count;
    }
    QVERIFY(count > 5);
}

void TestGgufReferences::readsModelsLikeTheirFolders_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"llama", "llama3", "llama_linear", "llama_mixed", "mistral", "qwen2", "qwen3"})
        QTest::newRow(name) << QString(name);
}

void TestGgufReferences::readsModelsLikeTheirFolders() {
    QFETCH(QString, name);
    const auto gguf = openCheckpoint((m_folder / (name + ".gguf").toStdString()).string());
    const auto folder = openCheckpoint((m_folder / name.toStdString()).string());
    compareModels(*gguf, *folder);
    QCOMPARE(gguf->config().ropeScaling.form == RopeForm::Divisors, name == "llama3");
    QCOMPARE(gguf->config().nativeWindows.empty(), name != "mistral");
}

void TestGgufReferences::readsSplitModels() {
    const auto split = openCheckpoint((m_folder / "split" / "llama-00001-of-00003.gguf").string());
    const auto whole = openCheckpoint((m_folder / "llama.gguf").string());
    QCOMPARE(split->config(), whole->config());
    compareModels(*split, *whole);
    QCOMPARE(split->fingerprint(), whole->fingerprint());
}

QTEST_APPLESS_MAIN(TestGgufReferences)
#include "tst_gguf_references.moc"
