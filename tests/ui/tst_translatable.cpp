// What the window shows goes through tr(): no call that sets words is given bare ones.
#include <QDirIterator>
#include <QRegularExpression>
#include <QtTest>

namespace {

/// The arguments of the call whose parenthesis opens before `begin`, strings and all.
QString argumentsFrom(const QString& source, qsizetype begin) {
    int depth = 1;
    bool isInString = false;
    qsizetype end = begin;
    for (; end < source.size() && depth > 0; ++end) {
        const QChar c = source[end];
        if (isInString && c == QLatin1Char('\\')) {
            ++end;
        } else if (c == QLatin1Char('"')) {
            isInString = !isInString;
        } else if (!isInString) {
            depth += (c == QLatin1Char('(')) - (c == QLatin1Char(')'));
        }
    }
    return source.mid(begin, end - begin - 1);
}

/// The bare words among them: translated ones, names of icons, keys, settings and an item's data are none.
QStringList bareWords(QString arguments) {
    static const QString string = QStringLiteral("\"(?:[^\"\\\\]|\\\\.)*\"");
    static const QRegularExpression translated(
        QStringLiteral("\\b(?:tr|translated|translate)\\(\\s*(?:%1[\\s,]*)+").arg(string));
    static const QRegularExpression named(
        QStringLiteral("\\b(?:lineIcon|QKeySequence|value|QIcon)\\((?:[^()]|\\([^()]*\\))*\\)"));
    static const QRegularExpression data(QStringLiteral(",\\s*QStringLiteral\\([^()]*\\)\\s*$"));
    static const QRegularExpression words(string);
    static const QRegularExpression letters(QStringLiteral("[A-Za-z]{2,}"));
    arguments.replace(translated, QStringLiteral("t("));
    arguments.replace(named, QStringLiteral("n"));
    arguments.remove(data);
    QStringList found;
    for (auto each = words.globalMatch(arguments); each.hasNext();) {
        const QString word = each.next().captured();
        if (letters.match(word).hasMatch()) found << word;
    }
    return found;
}

QStringList untranslated(const QString& source) {
    static const QRegularExpression call(QStringLiteral(
        "\\b(?:set(?:Text|ToolTip|WindowTitle|PlaceholderText|AccessibleName|AccessibleDescription|StatusTip|WhatsThis|"
        "Title|Suffix|Prefix|IconText|InformativeText|EmptyText|SpecialValueText)|addItem|addAction|addRow|addTab|"
        "addMenu|QLabel|QPushButton|QCheckBox|QAction|showMessage|showError|showNote)\\s*\\("));
    QStringList found;
    for (auto each = call.globalMatch(source); each.hasNext();) {
        const auto match = each.next();
        for (const QString& word : bareWords(argumentsFrom(source, match.capturedEnd())))
            found << QStringLiteral("line %1: %2").arg(source.left(match.capturedStart()).count(u'\n') + 1).arg(word);
    }
    return found;
}

}  // namespace

class TestTranslatable : public QObject {
    Q_OBJECT

private slots:
    void bareWordsAreFound() {
        QCOMPARE(untranslated(QStringLiteral("label->setText(\"Hello (you)\");")).size(), 1);
        QCOMPARE(untranslated(QStringLiteral("menu.addAction(QStringLiteral(\"Open\"), this);")).size(), 1);
        QCOMPARE(untranslated(QStringLiteral("new QLabel(on ? tr(\"yes\") : QString(\"no\"))")).size(), 1);
        QVERIFY(untranslated(QStringLiteral("label->setText(tr(\"Hello \\\"you\\\"\").arg(\"%\"));")).isEmpty());
        QVERIFY(untranslated(QStringLiteral("box->addItem(tr(\"dev\"), QStringLiteral(\"dev\"));")).isEmpty());
    }

    void everyFileOfTheWindowIsTranslatable() {
        int files = 0;
        QStringList found;
        QDirIterator each(QStringLiteral(CONSA_FIXTURES "/../../ui"), {QStringLiteral("*.cpp"), QStringLiteral("*.h")},
                          QDir::Files, QDirIterator::Subdirectories);
        while (each.hasNext()) {
            QFile file(each.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            ++files;
            for (const QString& line : untranslated(QString::fromUtf8(file.readAll())))
                found << QFileInfo(file).fileName() + QLatin1Char(' ') + line;
        }
        QVERIFY(files > 100);
        QVERIFY2(found.isEmpty(), qPrintable(found.join(QLatin1Char('\n'))));
    }
};

QTEST_GUILESS_MAIN(TestTranslatable)
#include "tst_translatable.moc"
