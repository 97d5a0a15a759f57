// Tests layouts in other programs' formats: what is read, how it is cut, and what comes back after writing.
#include "core/base/file_io.h"
#include "core/layout/layer_layout.h"
#include "core/layout/layout_exchange.h"
#include "core/layout/layout_patterns.h"
#include "core/layout/number_table.h"
#include "tests/support/expect_error.h"
#include "tests/support/references.h"

#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

using namespace consa;
namespace fs = std::filesystem;

/// Compares two JSON values, and shows them when they differ.
#define COMPARE_JSON(actual, expected) QCOMPARE(nlohmann::json(actual).dump(), nlohmann::json(expected).dump())

namespace {

constexpr UnitGrid kHeads{4, 3, Granularity::KvHead};
constexpr UnitGrid kLayers{4, 3, Granularity::Layer};

/// A learned layout: the 6 most probable of 12 units are full.
LayoutFile learned() {
    LayoutFile file;
    file.modelName = "tiny";
    file.modelArchitecture = "llama";
    file.windowTokens = 64;
    file.sinkTokens = 4;
    file.probabilities = {0.9, 0.1, 0.8, 1e-17, 0.3, 0.7, 0.2, 1.0 / 3, 0.6, 0.55, 0.95, 0.05};
    file.layout = layoutFromScores(kHeads, file.probabilities, 6);
    file.provenance = {"half", 150, 3, 0.5, "0.1.0", "2026-01-31T12:00:00Z"};
    file.note = "a note";
    return file;
}

LayoutFile byLayer(std::vector<std::uint8_t> full) {
    LayoutFile file;
    file.layout = AttentionLayout(kLayers, false);
    file.layout.full = std::move(full);
    file.windowTokens = 32;
    return file;
}

}  // namespace

class TestLayoutExchange : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->path().toStdString();
    }

    void readsTablesExactly();
    void namesLineAndColumnOfBrokenTables_data();
    void namesLineAndColumnOfBrokenTables();
    void readsWhatDuoAttentionWrote();
    void cutsSoftValuesWhereAsked();
    void clampingMakesNoTies();
    void ownJsonComesBackUnchanged();
    void duoAttentionComesBackUnchanged();
    void duoAttentionKeepsLayoutsThatAreNoCut();
    void duoAttentionReplacesNothing();
    void pruLongKeepsTheDecisions();
    void readsHuggingFaceLayers_data();
    void readsHuggingFaceLayers();
    void refusesHuggingFaceConfigs_data();
    void refusesHuggingFaceConfigs();
    void tellsFoldersApart();
    void namesBothShapes();
    void makesLayersOfHeads();

private:
    fs::path write(const char* name, const std::string& text) {
        writeFileAtomically(m_path / name, text);
        return m_path / name;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path m_path;
};

void TestLayoutExchange::readsTablesExactly() {
    const NumberTable table = numberTableFromText("# saved\n1e-3\t+2\r\n\n -0.5 \t4.0\n", "text");
    QCOMPARE(table.rows, std::size_t{2});
    QCOMPARE(table.columns, std::size_t{2});
    QCOMPARE(table.values, (std::vector<double>{0.001, 2, -0.5, 4}));
    const NumberTable odd{1, 3, {1.0 / 3, -2.3555755615234375e-4, 5e-324}};
    QCOMPARE(numberTableFromText(toExactText(odd), "text").values, odd.values);
    QCOMPARE(toExactText({1, 2, {0.60546875, -1}}),
             std::string("6.054687500000000000e-01\t-1.000000000000000000e+00\n"));
    QCOMPARE(toHardText({2, 2, {1, 0, 0, 1}}), std::string("1.0\t0.0\r\n0.0\t1.0\r\n"));
}

void TestLayoutExchange::namesLineAndColumnOfBrokenTables_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("words");
    QTest::newRow("word") << "1\t0\n0\tfull\n"
                          << "masks.tsv: line 2, column 2 is \"full\"";
    QTest::newRow("nan") << "nan\t0\n"
                         << "line 1, column 1 is \"nan\", expected a finite number";
    QTest::newRow("infinite") << "1\t1e999\n"
                              << "line 1, column 2";
    QTest::newRow("empty cell") << "1\t\n"
                                << "line 1, column 2 is \"\"";
    QTest::newRow("ragged") << "1\t0\n1\t0\t1\n"
                            << "line 2 has 3 values, but the first row has 2";
    QTest::newRow("spaces") << "1 0 1\n"
                            << "line 1, column 1 is \"1 0 1\"";
    QTest::newRow("comments only") << "#\n"
                                   << "has no numbers";
    QTest::newRow("empty") << ""
                           << "holds no layout";
}

void TestLayoutExchange::namesLineAndColumnOfBrokenTables() {
    QFETCH(QString, text);
    QFETCH(QString, words);
    const fs::path path = write("masks.tsv", text.toStdString());
    VERIFY_ERROR(readForeignLayout(path), words.toStdString());
}

void TestLayoutExchange::readsWhatDuoAttentionWrote() {
    REQUIRE_REFERENCES("exchange");
    const fs::path folder = test::referenceFolder("exchange");
    const auto expected = nlohmann::json::parse(readFile(folder / "duo_values.json"));
    const ImportedLayout imported = readForeignLayout(folder / "duo");
    QCOMPARE(imported.format, LayoutFormat::DuoAttention);
    QCOMPARE(imported.grid, (UnitGrid{4, 2, Granularity::KvHead}));
    for (std::size_t i = 0; i < 8; ++i) QCOMPARE(imported.softValues[i], expected[i / 2][i % 2].get<double>());
    QVERIFY(imported.softValues[0] < 0);
    QCOMPARE(imported.windowTokens, std::optional(256));
    QCOMPARE(imported.sinkTokens, std::optional(128));
    QCOMPARE(imported.modelName, std::string("Tiny-Llama"));
    // The table named by itself finds the settings beside it.
    QCOMPARE(readForeignLayout(folder / "duo" / "full_attention_heads.tsv").softValues, imported.softValues);
    QCOMPARE(readForeignLayout(folder / "duo" / "full_attention_heads.tsv").windowTokens, std::optional(256));
}

void TestLayoutExchange::cutsSoftValuesWhereAsked() {
    const fs::path path = write("full_attention_heads.tsv", "-0.01\t0.9\n1.02\t0.4\n");
    const ImportedLayout imported = readForeignLayout(path);
    QVERIFY(imported.isSoft() && imported.needsCut());
    const LayoutFile half = toLayoutFile(imported, {});
    QCOMPARE(half.layout.full, (std::vector<std::uint8_t>{0, 1, 1, 0}));
    QCOMPARE(half.probabilities, (std::vector<double>{0, 0.9, 1, 0.4}));
    QCOMPARE(half.windowTokens, 1024);
    QCOMPARE(half.sinkTokens, 128);
    const LayoutFile quarter = toLayoutFile(imported, {0.75, 16, 2});
    QCOMPARE(quarter.layout.full, (std::vector<std::uint8_t>{0, 0, 1, 0}));
    QCOMPARE(quarter.windowTokens, 16);
    QCOMPARE(quarter.sinkTokens, 2);
    QCOMPARE(toLayoutFile(imported, {0.0, {}, {}}).layout.fullCount(), 4);
    QCOMPARE(toLayoutFile(imported, {1.0, {}, {}}).layout.fullCount(), 0);
    VERIFY_ERROR(toLayoutFile(imported, {1.5, {}, {}}), "between 0 and 1");
    const fs::path hard = write("masks.tsv", "1\t0\n1\t0\n");
    VERIFY_ERROR(readAnyLayoutFile(hard, {0.5, {}, {}}), "no values to rank");
}

void TestLayoutExchange::clampingMakesNoTies() {
    // Both pairs are equal once clamped; the raw order decides, whatever order they stand in.
    for (const char* text : {"-0.001\t-0.002\n1.001\t1.002\n", "-0.002\t-0.001\n1.002\t1.001\n"}) {
        const ImportedLayout imported = readForeignLayout(write("full_attention_heads.tsv", text));
        const bool isFirstHigher = imported.softValues[0] > imported.softValues[1];
        const LayoutFile three = toLayoutFile(imported, {0.25, {}, {}});
        QCOMPARE(three.layout.isFull(0, 0), isFirstHigher);
        QCOMPARE(three.layout.isFull(0, 1), !isFirstHigher);
        const LayoutFile one = toLayoutFile(imported, {0.75, {}, {}});
        QCOMPARE(one.layout.isFull(1, 0), !isFirstHigher);
        QCOMPARE(one.layout.isFull(1, 1), isFirstHigher);
    }
}

void TestLayoutExchange::ownJsonComesBackUnchanged() {
    writeLayoutFile(m_path / "a.json", learned());
    QCOMPARE(readAnyLayoutFile(m_path / "a.json", {}), learned());
    QCOMPARE(readAnyLayoutFile(m_path / "a.json", {0.75, {}, {}}).layout.fullCount(), 3);
    // A run folder is known by its layout.
    writeLayoutFile(m_path / "run" / "layout.json", learned());
    write("run/config.json", "{}");
    QCOMPARE(readAnyLayoutFile(m_path / "run", {}), learned());
}

void TestLayoutExchange::duoAttentionComesBackUnchanged() {
    const LayoutFile file = learned();
    writeDuoAttention(m_path / "duo", file);
    const LayoutFile back = readAnyLayoutFile(m_path / "duo", {});
    QCOMPARE(back.layout, file.layout);
    QCOMPARE(back.probabilities, file.probabilities);
    QCOMPARE(back.windowTokens, file.windowTokens);
    QCOMPARE(back.sinkTokens, file.sinkTokens);
    QCOMPARE(back.modelName, file.modelName);
    const auto settings = nlohmann::json::parse(readFile(m_path / "duo" / "config.json"));
    COMPARE_JSON(settings["recent_size"], 64);
    COMPARE_JSON(settings["sink_size"], 4);
    QVERIFY(!fs::exists(m_path / "duo.part"));

    writeDuoAttention(m_path / "layers", byLayer({1, 0, 0, 1}));
    QCOMPARE(readAnyLayoutFile(m_path / "layers", {}).layout, byLayer({1, 0, 0, 1}).layout.perKvHead());
}

void TestLayoutExchange::duoAttentionKeepsLayoutsThatAreNoCut() {
    // A pinned unit: full although it is the least probable.
    LayoutFile file = learned();
    file.layout.setFull(1, 0, true);
    file.layout.setFull(0, 0, false);
    writeDuoAttention(m_path / "pinned", file);
    QCOMPARE(readAnyLayoutFile(m_path / "pinned", {}).layout, file.layout);
    QVERIFY(!readForeignLayout(m_path / "pinned").isSoft());
}

void TestLayoutExchange::duoAttentionReplacesNothing() {
    write("duo/precious.txt", "kept");
    VERIFY_ERROR(writeDuoAttention(m_path / "duo", learned()), "something is there");
    QCOMPARE(readFile(m_path / "duo" / "precious.txt"), std::string("kept"));
    fs::create_directory(m_path / "empty");
    writeDuoAttention(m_path / "empty", learned());
    QVERIFY(fs::exists(m_path / "empty" / "config.json"));
    fs::create_directory(m_path / "new.part");
    VERIFY_ERROR(writeDuoAttention(m_path / "new", learned()), "cut off");
    VERIFY_ERROR(readForeignLayout(write("d/full_attention_heads.tsv", "0.5\t1\n").parent_path()),
                 "config.json is missing");
}

void TestLayoutExchange::pruLongKeepsTheDecisions() {
    writePruLong(m_path / "masks_sp0.5.tsv", learned());
    const ImportedLayout imported = readForeignLayout(m_path / "masks_sp0.5.tsv");
    QCOMPARE(imported.format, LayoutFormat::PruLong);
    QVERIFY(!imported.isSoft());
    QCOMPARE(imported.windowTokens, std::optional<int>());
    QCOMPARE(toLayoutFile(imported, {{}, 64, 4}).layout, learned().layout);
    QCOMPARE(readFile(m_path / "masks_sp0.5.tsv").substr(0, 13), std::string("1.0\t0.0\t1.0\r\n"));
    // A PruLong checkpoint says its window in config.json.
    writePruLong(m_path / "checkpoint" / "masks.tsv", learned());
    write("checkpoint/config.json", R"({"model_type": "llama", "local_window_size": 512, "sink_size": 64})");
    const LayoutFile file = readAnyLayoutFile(m_path / "checkpoint", {{}, 16, 0});
    QCOMPARE(file.windowTokens, 512);
    QCOMPARE(file.sinkTokens, 64);
}

void TestLayoutExchange::readsHuggingFaceLayers_data() {
    QTest::addColumn<QString>("fields");
    QTest::addColumn<QString>("units");
    QTest::addColumn<int>("window");
    const char* types =
        R"("layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"])";
    QTest::newRow("qwen2 types") << QString::fromLatin1(types) +
                                        R"(, "model_type": "qwen2", "use_sliding_window": true, "sliding_window": 32)"
                                 << "1001" << 32;
    QTest::newRow("ministral types") << QString::fromLatin1(types) +
                                            R"(, "model_type": "ministral", "sliding_window": 16)"
                                     << "1001" << 16;
    QTest::newRow("qwen upper layers")
        << R"("model_type": "qwen2", "use_sliding_window": true, "sliding_window": 8, "max_window_layers": 3)"
        << "1110" << 8;
    QTest::newRow("qwen window off")
        << R"("model_type": "qwen2", "use_sliding_window": false, "sliding_window": 8, "max_window_layers": 3)"
        << "1111" << 0;
    QTest::newRow("mistral") << R"("model_type": "mistral", "sliding_window": 8)"
                             << "0000" << 8;
}

void TestLayoutExchange::readsHuggingFaceLayers() {
    QFETCH(QString, fields);
    QFETCH(QString, units);
    QFETCH(int, window);
    const std::string shape = R"("num_hidden_layers": 4, "num_attention_heads": 6, "num_key_value_heads": 3)";
    const fs::path path = write("model/config.json", "{" + shape + ", " + fields.toStdString() + "}");
    for (const fs::path& named : {path, path.parent_path()}) {
        const ImportedLayout imported = readForeignLayout(named);
        QCOMPARE(imported.format, LayoutFormat::HuggingFace);
        QCOMPARE(imported.grid, kLayers);
        QCOMPARE(imported.sinkTokens, std::optional(0));
        QCOMPARE(imported.windowTokens.value_or(0), window);
        for (qsizetype i = 0; i < 4; ++i) QCOMPARE(imported.units[static_cast<std::size_t>(i)] == 1, units[i] == '1');
    }
}

void TestLayoutExchange::refusesHuggingFaceConfigs_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const char* fields, const char* words) {
        QTest::newRow(name)
            << QStringLiteral(R"({"num_hidden_layers": 2, "num_attention_heads": 2, %1})").arg(QLatin1String(fields))
            << words;
    };
    row("other type", R"("layer_types": ["full_attention", "chunked_attention"])",
        "layer_types[1] is \"chunked_attention\"");
    row("other count", R"("layer_types": ["full_attention"])", "num_hidden_layers = 2");
    row("no window", R"("layer_types": ["full_attention", "sliding_attention"])", "no window in use");
    row("window off", R"("model_type": "qwen3", "sliding_window": 4, "use_sliding_window": false,
        "layer_types": ["full_attention", "sliding_attention"])",
        "use_sliding_window");
    row("window no number", R"("sliding_window": "wide")", "sliding_window is \"wide\"");
    row("plain model", R"("model_type": "llama")", "holds no layout");
    QTest::newRow("no layers") << R"({"layer_types": []})"
                               << "num_hidden_layers is missing or 0";
    QTest::newRow("not JSON") << "{"
                              << "is not JSON";
}

void TestLayoutExchange::refusesHuggingFaceConfigs() {
    QFETCH(QString, text);
    QFETCH(QString, words);
    const fs::path path = write("config.json", text.toStdString());
    VERIFY_ERROR(readForeignLayout(path), words.toStdString());
}

void TestLayoutExchange::tellsFoldersApart() {
    fs::create_directory(m_path / "nothing");
    VERIFY_ERROR(readForeignLayout(m_path / "nothing"), "holds no layout: supported are");
    VERIFY_ERROR(readForeignLayout(m_path / "absent"), "absent");
    // Hard values with DuoAttention's settings are DuoAttention's.
    write("hard/full_attention_heads.tsv", "1\t0\n");
    write("hard/config.json", R"({"sink_size": 3, "recent_size": 9, "sparsity": 2})");
    VERIFY_ERROR(readForeignLayout(m_path / "hard"), "sparsity is 2");
    write("hard/config.json", R"({"sink_size": 3, "recent_size": 0})");
    VERIFY_ERROR(readForeignLayout(m_path / "hard"), "recent_size is 0");
    write("hard/config.json", R"({"sink_size": 3})");
    VERIFY_ERROR(readForeignLayout(m_path / "hard"), "has no recent_size");
    write("hard/config.json", R"({"sink_size": 3, "recent_size": 9})");
    QCOMPARE(readForeignLayout(m_path / "hard").format, LayoutFormat::DuoAttention);
    QCOMPARE(readAnyLayoutFile(m_path / "hard", {}).sinkTokens, 3);
}

void TestLayoutExchange::namesBothShapes() {
    std::string rows;
    for (int layer = 0; layer < 32; ++layer) rows += "0.5\t1\t1\t1\t1\t1\t0\t0\n";
    const LayoutFile file = readAnyLayoutFile(write("full_attention_heads.tsv", rows), {});
    const std::string words = test::errorOf([&] { requireShape(file, {30, 3, Granularity::KvHead}, "a.tsv"); });
    QVERIFY2(words.find("32 x 8") != std::string::npos && words.find("30 x 3") != std::string::npos, words.c_str());
}

void TestLayoutExchange::makesLayersOfHeads() {
    // Sums of the rows: 1.8, 1.0, 1.13, 1.55; 6 of 12 heads are full, so 2 of 4 layers.
    const LayoutFile layers = asLayers(learned());
    QCOMPARE(layers.layout.grid, kLayers);
    QCOMPARE(layers.layout.full, (std::vector<std::uint8_t>{1, 0, 0, 1}));
    QCOMPARE(layers.probabilities[3], (0.55 + 0.95 + 0.05) / 3);
    QCOMPARE(layers.sinkTokens, 4);
    QCOMPARE(firstMixedLayer(learned().layout), 0);
    // Without probabilities the full heads count: 5 heads are 1.67 layers, so 2.
    LayoutFile hard;
    hard.layout = AttentionLayout(kHeads, false);
    hard.layout.full = {0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0};
    QCOMPARE(asLayers(hard).layout.full, (std::vector<std::uint8_t>{0, 1, 0, 1}));
    // Layers of one kind stay, whatever their probabilities say.
    LayoutFile uniform = learned();
    uniform.layout = byLayer({0, 1, 0, 0}).layout.perKvHead();
    QCOMPARE(firstMixedLayer(uniform.layout), -1);
    QCOMPARE(asLayers(uniform).layout.full, (std::vector<std::uint8_t>{0, 1, 0, 0}));
    QCOMPARE(asLayers(asLayers(uniform)), asLayers(uniform));
}

QTEST_APPLESS_MAIN(TestLayoutExchange)
#include "tst_layout_exchange.moc"
