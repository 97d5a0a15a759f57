// Tests that whatever the Rust reader of safetensors refuses is refused here too.
#include "core/base/file_io.h"
#include "core/checkpoint/safetensors_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/references.h"

#include <QTest>

#include <sstream>

using namespace consa;

class TestSafetensorsReferences : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void refusesWhatTheRustReaderRefuses();

private:
    /// Why we refuse what it takes: stricter on purpose.
    static bool isOurOwnRule(const std::string& sentence) {
        for (const char* words :
             {"twice in one object", "__metadata__ is no object", "unknown type", "nested deeper", "begin with {"})
            if (sentence.find(words) != std::string::npos) return true;
        return false;
    }
};

void TestSafetensorsReferences::refusesWhatTheRustReaderRefuses() {
    REQUIRE_REFERENCES("safetensors");
    const auto folder = test::referenceFolder("safetensors");
    std::istringstream verdicts(readFile(folder / "verdicts"));
    int accepted = 0, refused = 0;
    for (std::string name, verdict; verdicts >> name >> verdict;) {
        const std::string bytes = readFile(folder / "files" / name);
        const std::string sentence = test::errorOf([&] { static_cast<void>(SafetensorsFile(bytes, "f")); });
        QVERIFY2(sentence.find("(another") == std::string::npos, (name + ": " + sentence).c_str());
        if (verdict == "refused") {
            QVERIFY2(!sentence.empty(), ("the Rust reader refuses " + name).c_str());
            ++refused;
        } else {
            QVERIFY2(sentence.empty() || isOurOwnRule(sentence), (name + ": " + sentence).c_str());
            ++accepted;
        }
    }
    QVERIFY(accepted > 500 && refused > 1000);
}

QTEST_APPLESS_MAIN(TestSafetensorsReferences)
#include "tst_safetensors_references.moc"
