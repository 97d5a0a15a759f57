// Every architecture against transformers: logits, losses, windows of the model's own and layouts by layer.
#include "core/base/file_io.h"
#include "core/model/transformer_loader.h"
#include "tests/support/expect_error.h"
#include "tests/support/references.h"

#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

using namespace consa;
using nlohmann::json;
using torch::Tensor;

namespace {

constexpr double kTolerance = 1e-4;  // of a logit, float32 against float32

const json& cases() {
    static const json kCases = json::parse(readFile(test::referenceFolder("models") / "cases.json"));
    return kCases;
}

/// The case's layout, or everything full.
ModelGates gatesOf(const json& one, const ModelConfig& config) {
    ModelGates gates{{}, {}, one.value("window", 64), 0};
    for (int layer = 0; layer < config.layerCount; ++layer) {
        const double z = one.contains("full") ? one["full"][static_cast<std::size_t>(layer)].get<double>() : 1.0;
        gates.z.insert(gates.z.end(), static_cast<std::size_t>(config.kvHeadCount), z);
    }
    return gates;
}

double largestDifference(const Tensor& ours, const json& theirs) {
    std::vector<float> flat;
    for (const json& row : theirs)
        for (const json& value : row.is_array() ? row : json::array({row})) flat.push_back(value.get<float>());
    return (ours.flatten() - torch::tensor(flat)).abs().max().item<double>();
}

}  // namespace

class TestModelParity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { REQUIRE_REFERENCES("models"); }

    void matchesTransformers_data() {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < cases().size(); ++i)
            QTest::newRow(cases()[i]["name"].get<std::string>().c_str()) << static_cast<int>(i);
    }

    void matchesTransformers() {
        QFETCH(int, index);
        const json& one = cases()[static_cast<std::size_t>(index)];
        const std::string folder = (test::referenceFolder("models") / one["folder"].get<std::string>()).string();
        const auto checkpoint = openCheckpoint(folder);
        const Transformer model = loadTransformer(*checkpoint, torch::kCPU, torch::kFloat32);
        const ModelGates gates = gatesOf(one, model.config());
        const Tensor ids = torch::tensor(one["ids"].get<std::vector<int64_t>>(), torch::kInt64).unsqueeze(0);
        const torch::NoGradGuard noGradients;
        const Tensor logits = torch::matmul(model.hidden(ids, gates), model.weights().head.t())[0];
        const double error = largestDifference(logits, one["logits"]);
        QVERIFY2(error < kTolerance, qPrintable(QString::number(error)));
        const double lossError = largestDifference(model.tokenLosses(ids, gates)[0], one["losses"]);
        QVERIFY2(lossError < kTolerance, qPrintable(QString::number(lossError)));
    }

    /// A window that did not bind would make the cases above pass without it.
    void windowsMatter() {
        const auto checkpoint = openCheckpoint((test::referenceFolder("models") / "mistral_window").string());
        QCOMPARE(checkpoint->config().nativeWindows, std::vector<int>(3, 9));
        const Transformer bounded = loadTransformer(*checkpoint, torch::kCPU, torch::kFloat32);
        ModelConfig free = bounded.config();
        free.nativeWindows.clear();
        const Transformer unbounded(free, bounded.weights());
        const Tensor ids = torch::arange(3, 51, torch::kInt64).unsqueeze(0);
        const ModelGates gates = gatesOf(json::object(), free);
        const torch::NoGradGuard noGradients;
        const Tensor difference = (bounded.hidden(ids, gates) - unbounded.hidden(ids, gates))[0].abs().amax(-1);
        QVERIFY(difference.narrow(0, 0, 9).max().item<double>() < 1e-5);
        QVERIFY(difference.narrow(0, 9, 39).max().item<double>() > 1e-2);
    }

    /// A GGUF file stores query and key rows in another order, and Llama 3's rotary positions as divisors.
    void ggufFilesComputeAsTheirFolders_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"llama", "llama3", "llama_linear", "mistral", "qwen2", "qwen3"})
            QTest::newRow(name) << name;
    }

    void ggufFilesComputeAsTheirFolders() {
        REQUIRE_REFERENCES("gguf");
        QFETCH(QString, name);
        const std::string folder = (test::referenceFolder("gguf") / name.toStdString()).string();
        const torch::NoGradGuard noGradients;
        const auto hidden = [](const std::string& path) {
            const auto checkpoint = openCheckpoint(path);
            const Transformer model = loadTransformer(*checkpoint, torch::kCPU, torch::kFloat32);
            const Tensor ids = torch::arange(3, 43, torch::kInt64).unsqueeze(0);
            return model.hidden(ids, gatesOf(json::object(), model.config()))[0];
        };
        const Tensor fromFolder = hidden(folder), fromFile = hidden(folder + ".gguf");
        const double error = (fromFolder - fromFile).abs().max().item<double>();
        QVERIFY2(error < kTolerance, qPrintable(QString::number(error)));
    }

    void namesTheCachedModel() {
        const auto folder = test::referenceFolder("models") / "models--someone--qwen2-tiny";
        QCOMPARE(openCheckpoint(folder.string())->config().name, std::string("someone/qwen2-tiny"));
        const QTemporaryDir copy;
        const std::filesystem::path other = copy.path().toStdString() + "/models--a--b";
        std::filesystem::copy(folder, other, std::filesystem::copy_options::recursive);
        writeFileAtomically(other / "refs/main", "feedbeef");
        VERIFY_ERROR(openCheckpoint(other.string()), "feedbeef");
        std::filesystem::remove(other / "refs/main");
        QCOMPARE(openCheckpoint(other.string())->config().name, std::string("a/b"));
    }
};

QTEST_APPLESS_MAIN(TestModelParity)
#include "tst_model_parity.moc"
