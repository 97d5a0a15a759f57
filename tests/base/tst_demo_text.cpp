// Reads the demo's text as a stranger would and checks that it answers its own questions, far from where they were
// noted.
#include "core/demo/demo_text.h"

#include <QRegularExpression>
#include <QTest>
#include <algorithm>
#include <map>

using namespace consa;

namespace {

struct Telling {
    QString what;   // "key of Mirado"
    QString value;  // "4728"
    int at = 0;     // of the value, in bytes
};

/// Every place where a fact is noted or asked, by a reading of the text that knows nothing of the generator.
std::vector<Telling> tellings(const QString& document) {
    static const QRegularExpression pattern(
        R"(the (key|flag) of ([A-Z][a-z]+) is (\w+)|([A-Z][a-z]+)'s (berth|captain) is (\w+))");
    std::vector<Telling> found;
    for (auto matches = pattern.globalMatch(document); matches.hasNext();) {
        const QRegularExpressionMatch match = matches.next();
        const bool isFirst = match.hasCaptured(1);
        const QString what =
            isFirst ? match.captured(1) + " of " + match.captured(2) : match.captured(5) + " of " + match.captured(4);
        const int group = isFirst ? 3 : 6;
        found.push_back({what, match.captured(group), static_cast<int>(match.capturedStart(group))});
    }
    return found;
}

std::vector<int> recallDistances(const QString& document) {
    std::vector<int> distances;
    std::map<QString, int> last;
    for (const Telling& telling : tellings(document)) {
        if (const auto known = last.find(telling.what); known != last.end()) {
            distances.push_back(telling.at - known->second);
        }
        last[telling.what] = telling.at;
    }
    return distances;
}

}  // namespace

class DemoTextTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void dependsOnSeedAndIndexAlone();
    void isTheSameEverywhere();
    void isPrintableAndOfTheAskedSize();
    void answersAreWhatWasNoted();
    void questionsComeFarFromTheirFacts();
    void namesAndValuesAreFresh();
    void blocksCloseWithTheirLabels();

private:
    QStringList m_documents;
};

void DemoTextTest::initTestCase() {
    for (const std::string& document : generateDemoDocuments(11, 60)) m_documents << QString::fromStdString(document);
}

void DemoTextTest::dependsOnSeedAndIndexAlone() {
    const auto three = generateDemoDocuments(5, 3);
    const auto ten = generateDemoDocuments(5, 10);
    QCOMPARE(ten.size(), std::size_t{10});
    QVERIFY(std::equal(three.begin(), three.end(), ten.begin()));
    QVERIFY(generateDemoDocuments(6, 1)[0] != ten[0]);
    QVERIFY(ten[0] != ten[1]);
    QVERIFY(generateDemoDocuments(5, 0).empty());
}

// The embedded model learned to read exactly this text: whoever changes it trains the model anew.
void DemoTextTest::isTheSameEverywhere() {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const std::string& document : generateDemoDocuments(0, 20)) {
        for (const char byte : document) {
            hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
        }
    }
    QCOMPARE(QString::number(hash, 16), "e3c46f46e928576e");
}

void DemoTextTest::isPrintableAndOfTheAskedSize() {
    qsizetype total = 0;
    for (const QString& document : m_documents) {
        total += document.size();
        QVERIFY2(std::abs(document.size() - 4200) < 400, qPrintable(QString::number(document.size())));
        QVERIFY(
            std::all_of(document.begin(), document.end(), [](QChar c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
        QVERIFY(document.endsWith('\n'));
    }
    QVERIFY(std::abs(total / m_documents.size() - 4200) < 100);
    QVERIFY(std::abs(static_cast<int>(generateDemoDocuments(1, 1, 1000)[0].size()) - 1000) < 400);
    QVERIFY(generateDemoDocuments(1, 1, 0)[0].size() < 400);
}

void DemoTextTest::answersAreWhatWasNoted() {
    for (const QString& document : m_documents) {
        std::map<QString, QString> noted;
        for (const Telling& telling : tellings(document)) {
            const auto lineStart = document.lastIndexOf('\n', telling.at) + 1;
            const QString opening = document.mid(lineStart, telling.at - lineStart).trimmed();
            const bool isNote =
                opening.startsWith("Note: ") || opening.startsWith("New today: ") || opening.startsWith("Write down: ");
            if (isNote) {
                QVERIFY2(!noted.count(telling.what), qPrintable(telling.what + " was noted twice"));
                noted[telling.what] = telling.value;
            } else {
                QVERIFY2(noted.count(telling.what), qPrintable(telling.what + " was asked before it was noted"));
                QCOMPARE(telling.value, noted[telling.what]);
            }
        }
        QVERIFY(noted.size() >= 6);
    }
}

void DemoTextTest::questionsComeFarFromTheirFacts() {
    std::vector<int> distances;
    for (const QString& document : m_documents) {
        const std::vector<int> found = recallDistances(document);
        QVERIFY2(found.size() >= 50, "a document must ask often");
        distances.insert(distances.end(), found.begin(), found.end());
    }
    std::sort(distances.begin(), distances.end());
    const auto quantile = [&](double share) {
        return distances[static_cast<std::size_t>(share * static_cast<double>(distances.size() - 1))];
    };
    QVERIFY2(quantile(0) >= 60, "a window of 48 must not reach a fact");
    QVERIFY2(quantile(1) <= 470, "a context of 512 must hold fact and question");
    QVERIFY(quantile(0.25) < 130);
    QVERIFY(quantile(0.5) > 120 && quantile(0.5) < 220);
    QVERIFY(quantile(0.9) > 250);
}

void DemoTextTest::namesAndValuesAreFresh() {
    std::map<QString, int> documentsWith;
    for (const QString& document : m_documents) {
        std::map<QString, bool> here;
        for (const Telling& telling : tellings(document)) here[telling.what + telling.value] = true;
        for (const auto& [fact, isHere] : here) documentsWith[fact] += isHere ? 1 : 0;
    }
    for (const auto& [fact, count] : documentsWith) QVERIFY2(count == 1, qPrintable(fact));
}

void DemoTextTest::blocksCloseWithTheirLabels() {
    static const QRegularExpression edge(R"(^ *([\[(\])]) ?(watch|round) (\w+)$)", QRegularExpression::MultilineOption);
    int blocks = 0;
    for (const QString& document : m_documents) {
        std::vector<std::pair<QString, qsizetype>> open;
        for (auto matches = edge.globalMatch(document); matches.hasNext();) {
            const QRegularExpressionMatch match = matches.next();
            if (match.captured(1) == "[" || match.captured(1) == "(") {
                open.emplace_back(match.captured(3), match.capturedStart());
                continue;
            }
            QVERIFY(!open.empty());
            QCOMPARE(match.captured(3), open.back().first);
            const qsizetype span = match.capturedStart() - open.back().second;
            QVERIFY2(span >= 80 && span <= 480, qPrintable(QString::number(span)));
            open.pop_back();
            ++blocks;
        }
        QVERIFY(open.empty());
    }
    QVERIFY(blocks > 10 * m_documents.size());
}

QTEST_APPLESS_MAIN(DemoTextTest)
#include "tst_demo_text.moc"
