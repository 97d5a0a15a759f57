// Sizes as text.
#include "core/base/byte_text.h"

#include <QTest>

using namespace consa;

class TestByteText : public QObject {
    Q_OBJECT

private slots:
    void countsIn1024() {
        QCOMPARE(byteText(0), std::string("0 B"));
        QCOMPARE(byteText(1023), std::string("1023 B"));
        QCOMPARE(byteText(1024), std::string("1.00 KiB"));
        QCOMPARE(byteText(1e9), std::string("954 MiB"));
        QCOMPARE(byteText(15.5 * 1024 * 1024 * 1024), std::string("15.5 GiB"));
        QCOMPARE(byteText(3e15), std::string("2728 TiB"));
    }
};

QTEST_APPLESS_MAIN(TestByteText)
#include "tst_byte_text.moc"
