// Tests how the files of a GGUF model are found and named.
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "tests/support/expect_error.h"
#include "tests/support/small_gguf.h"

#include <QTemporaryDir>
#include <QTest>

using namespace consa;
using consa::test::GgufBuilder;
using consa::test::smallGguf;
namespace fs = std::filesystem;

class TestGgufShards : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesModelAfterFile();
    void namesSplitModelAfterFile();
    void findsPartsOfSplitModels();

private:
    [[nodiscard]] fs::path write(const GgufBuilder& file, const std::string& name) const {
        fs::path path = fs::path(m_folder.path().toStdString()) / name;
        writeFileAtomically(path, file.bytes());
        return path;
    }
    [[nodiscard]] std::unique_ptr<Checkpoint> open(const GgufBuilder& file, const std::string& name) const {
        return openCheckpoint(write(file, name).string());
    }

    QTemporaryDir m_folder;
};

void TestGgufShards::namesModelAfterFile() {
    for (const char* name : {"tiny-1B.Q4_K_M.gguf", "tiny-1B-q8_0.gguf", "tiny-1B.gguf", "tiny-1B-Q6_K_L.gguf",
                             "tiny-1B-BF16.gguf", "tiny-1B-Q3_K_XL.gguf"}) {
        QCOMPARE(open(smallGguf(), name)->config().name, std::string("tiny-1B"));
    }
    QCOMPARE(open(smallGguf(), "tiny-1B-M.gguf")->config().name, std::string("tiny-1B-M"));
}

void TestGgufShards::namesSplitModelAfterFile() {
    GgufBuilder first = smallGguf(), second;
    first.add("split.count", 2U);
    second.add("split.no", 1U);
    static_cast<void>(write(second, "tiny-1B-Q4_K_M-00002-of-00002.gguf"));
    QCOMPARE(open(first, "tiny-1B-Q4_K_M-00001-of-00002.gguf")->config().name, std::string("tiny-1B"));
}

void TestGgufShards::findsPartsOfSplitModels() {
    const auto part = [](std::uint32_t number, std::uint32_t count, GgufBuilder file = {}) {
        file.add("split.no", number);
        file.add("split.count", count);
        return file;
    };
    static_cast<void>(write(part(0, 1, smallGguf()), "whole.gguf"));
    QCOMPARE(openCheckpoint((fs::path(m_folder.path().toStdString()) / "whole.gguf").string())->config().layerCount, 1);
    VERIFY_ERROR(open(part(0, 2, smallGguf()), "part.gguf"), "part-00001-of-00002.gguf and put the others beside it");
    VERIFY_ERROR(open(part(1, 2), "part-00002-of-00002.gguf"), "name the first");
    VERIFY_ERROR(open(part(0, 3, smallGguf()), "lost-00001-of-00003.gguf"), "lost-00002-of-00003.gguf is missing");
    VERIFY_ERROR(open(part(0, 0xffffffffU, smallGguf()), "many-00001-of-00003.gguf"), "more than there can be");
    static_cast<void>(write(part(0, 2), "twin-00002-of-00002.gguf"));
    VERIFY_ERROR(open(part(0, 2, smallGguf()), "twin-00001-of-00002.gguf"), "of another place or model");
    GgufBuilder again;
    again.addFloats("output_norm.weight", {16}, std::vector<float>(16));
    static_cast<void>(write(part(1, 2, again), "again-00002-of-00002.gguf"));
    VERIFY_ERROR(open(part(0, 2, smallGguf()), "again-00001-of-00002.gguf"), "output_norm.weight is also in another");
    GgufBuilder counted = smallGguf();
    counted.add("split.tensors.count", 13U);
    static_cast<void>(write(part(1, 2), "few-00002-of-00002.gguf"));
    VERIFY_ERROR(open(part(0, 2, counted), "few-00001-of-00002.gguf"), "11 tensors together, but it names 13");
}

QTEST_APPLESS_MAIN(TestGgufShards)
#include "tst_gguf_shards.moc"
