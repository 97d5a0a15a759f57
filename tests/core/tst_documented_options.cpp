// Every option that the documentation names is in the help of a program or in a script of this repository.
#include "tests/support/run_consa.h"

#include <QDir>
#include <QDirIterator>
#include <QRegularExpression>
#include <QSet>
#include <QtTest>

using consa::test::runConsa;

namespace {

const QDir kRoot(QStringLiteral(CONSA_FIXTURES "/../.."));

QString textOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QSet<QString> optionsIn(const QString& text) {
    static const QRegularExpression pattern(QStringLiteral("(?<![A-Za-z0-9-])--[a-z][a-z0-9-]*[a-z0-9]"));
    QSet<QString> options;
    for (auto found = pattern.globalMatch(text); found.hasNext();) options << found.next().captured();
    return options;
}

/// The words that a help lists below "Subcommands:".
QStringList subcommandsIn(const QString& help) {
    static const QRegularExpression pattern(QStringLiteral("^  ([a-z]+) "), QRegularExpression::MultilineOption);
    QStringList words;
    for (auto found = pattern.globalMatch(help.section(QStringLiteral("Subcommands:"), 1)); found.hasNext();)
        words << found.next().captured(1);
    return words;
}

/// The options in the help of a command and of those below it.
QSet<QString> optionsOf(const QStringList& command) {
    const QString help = QString::fromUtf8(runConsa(command + QStringList{QStringLiteral("--help")}).output);
    QSet<QString> options = optionsIn(help);
    for (const QString& word : subcommandsIn(help)) options += optionsOf(command + QStringList{word});
    return options;
}

}  // namespace

class TestDocumentedOptions : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyOptionExists() {
        REQUIRE_CONSA();
        QSet<QString> known = optionsOf({});
        QVERIFY(known.contains(QStringLiteral("--lora-rank")) && known.contains(QStringLiteral("--repeats")));
        // The window's help, scripts, and the tools of others that building by hand takes.
        for (const char* file : {"app/desktop/command_line.cpp", "app/run", "tests/run", "tests/fuzz/run"})
            known += optionsIn(textOf(kRoot.filePath(QLatin1String(file))));
        QDirIterator scripts(kRoot.filePath(QStringLiteral("resources/benchmarks")), {QStringLiteral("*.py")});
        while (scripts.hasNext()) known += optionsIn(textOf(scripts.next()));
        known << QStringLiteral("--preset") << QStringLiteral("--build");
        QStringList pages{kRoot.filePath(QStringLiteral("README.md"))};
        for (const char* folder : {"resources/docs", "resources/results"}) {
            QDirIterator each(kRoot.filePath(QLatin1String(folder)), {QStringLiteral("*.md")});
            while (each.hasNext()) pages << each.next();
        }
        QVERIFY(pages.size() > 5);
        QStringList strangers;
        for (const QString& page : pages) {
            const QString text = textOf(page);
            QVERIFY2(!text.isEmpty(), qPrintable(page));
            for (const QString& option : optionsIn(text))
                if (!known.contains(option)) strangers << QFileInfo(page).fileName() + QLatin1Char(' ') + option;
        }
        QVERIFY2(strangers.isEmpty(), qPrintable(strangers.join(QLatin1Char('\n'))));
    }
};

QTEST_GUILESS_MAIN(TestDocumentedOptions)
#include "tst_documented_options.moc"
