// Tests ids and texts of tokenizers against Hugging Face's tokenizers package: 100,000 random strings and the hard
// ones.
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/gguf_file.h"
#include "core/checkpoint/gguf_tokenizer.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8.h"
#include "tests/support/references.h"

#include <QTest>

#include <cstring>
#include <nlohmann/json.hpp>

using namespace consa;
using nlohmann::json;

namespace {

using Ids = std::vector<std::int32_t>;

/// Reads the blocks of make_tokenizers.py one after the other.
class Blocks {
public:
    explicit Blocks(std::string bytes) : m_bytes(std::move(bytes)) {}

    [[nodiscard]] bool atEnd() const { return m_place >= m_bytes.size(); }
    std::string text() { return take(count()); }
    Ids ids() {
        Ids ids(count());
        const std::string bytes = take(ids.size() * sizeof(std::int32_t));
        if (!bytes.empty()) std::memcpy(ids.data(), bytes.data(), bytes.size());
        return ids;
    }

private:
    std::size_t count() {
        std::uint32_t value = 0;
        const std::string bytes = take(sizeof value);
        std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }
    std::string take(std::size_t count) {
        if (count > m_bytes.size() - m_place) throw std::runtime_error("the reference file is cut off");
        const std::string part = m_bytes.substr(m_place, count);
        m_place += count;
        return part;
    }

    std::string m_bytes;
    std::size_t m_place = 0;
};

std::filesystem::path reference(const std::string& file) {
    return test::referenceFolder("tokenizers") / file;
}

std::string listed(const Ids& ids) {
    return json(ids).dump();
}

}  // namespace

class TestTokenizerReferences : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void agreesOnEveryString_data();
    void agreesOnEveryString();
    void hasEnoughStrings();
    void agreesOnDefaultText();
};

void TestTokenizerReferences::agreesOnEveryString_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("isGguf");
    REQUIRE_REFERENCES("tokenizers");
    const json files = json::parse(readFile(reference("files.json")));
    for (const auto& name : files.at("json"))
        QTest::newRow(name.get<std::string>().c_str()) << QString::fromStdString(name) << false;
    for (const auto& name : files.at("gguf"))
        QTest::newRow(name.get<std::string>().c_str()) << QString::fromStdString(name) << true;
}

void TestTokenizerReferences::agreesOnEveryString() {
    REQUIRE_REFERENCES("tokenizers");
    QFETCH(QString, name);
    QFETCH(bool, isGguf);
    const std::string file = name.toStdString() + (isGguf ? ".gguf" : ".json");
    const std::string bytes = readFile(reference(file));
    const auto tokenizer = makeTokenizer(isGguf ? tokenizerJsonFromGguf(GgufFile(bytes, file)) : bytes, file);
    Blocks blocks(readFile(reference(name.toStdString() + ".bin")));
    while (!blocks.atEnd()) {
        const std::string text = blocks.text();
        const Ids expected = blocks.ids();
        const std::string back = blocks.text();
        const Ids ids = tokenizer->encode(text);
        const std::string shown = json(replaceInvalidUtf8(text)).dump(-1, ' ', true);
        QVERIFY2(ids == expected, (shown + "\n" + listed(ids) + " instead of\n" + listed(expected)).c_str());
        const std::string decoded = tokenizer->decode(expected);
        QVERIFY2(decoded == back, (shown + " became " + decoded + " instead of " + back).c_str());
    }
}

void TestTokenizerReferences::hasEnoughStrings() {
    REQUIRE_REFERENCES("tokenizers");
    const json files = json::parse(readFile(reference("files.json")));
    std::size_t count = 0;
    std::size_t tokens = 0;
    for (const char* kind : {"json", "gguf"}) {
        for (const auto& name : files.at(kind)) {
            Blocks blocks(readFile(reference(name.get<std::string>() + ".bin")));
            for (; !blocks.atEnd(); ++count) {
                blocks.text();
                tokens += blocks.ids().size();
                blocks.text();
            }
        }
    }
    QVERIFY2(count >= 100000 && tokens >= 10 * count, (std::to_string(count) + ", " + std::to_string(tokens)).c_str());
}

void TestTokenizerReferences::agreesOnDefaultText() {
    REQUIRE_REFERENCES("tokenizers");
    if (!std::filesystem::exists(reference("corpus.bin"))) {
        QSKIP("the default model and text are not installed (app/run fetches them)");
    }
    const auto tokenizer = makeTokenizer(openCheckpoint("default")->tokenizerJson(), "default");
    Blocks blocks(readFile(reference("corpus.bin")));
    int documentCount = 0;
    for (; !blocks.atEnd(); ++documentCount) {
        const std::string name = blocks.text();
        const std::string text = readFile(dataFolder() / "texts" / "perl-doc" / name);
        const Ids ids = tokenizer->encode(text);
        QVERIFY2(ids == blocks.ids(), name.c_str());
        QCOMPARE(tokenizer->decode(ids), replaceInvalidUtf8(text));
    }
    QVERIFY(documentCount > 100);
}

QTEST_APPLESS_MAIN(TestTokenizerReferences)
#include "tst_tokenizer_references.moc"
