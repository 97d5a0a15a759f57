// consa-explorer: the window over the real session, and figures without a window.
#include "app/desktop/command_line.h"
#include "app/desktop/export_command.h"
#include "app/desktop/window_picture.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "core/session/experiment_session.h"
#include "ui/main_window.h"
#include "ui/style/application_style.h"

#include <QApplication>
#include <QSettings>
#include <cstdio>
#include <cstdlib>

namespace consa {

namespace {

/// Qt aborts when it finds no display; this ends the program with a sentence instead.
void explainMissingDisplay(QtMsgType type, const QMessageLogContext&, const QString& message) {
    if (type == QtFatalMsg) {
        std::fputs(
            "consa-explorer needs a display; `consa` learns and evaluates without one, and `consa-explorer export` "
            "writes figures.\n",
            stderr);
        std::_Exit(kExitUsage);
    }
    if (type == QtCriticalMsg) std::fprintf(stderr, "%s\n", qPrintable(message));
}

int exitCodeOf(const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.kind() == ErrorKind::BadInput ? kExitUsage : kExitFailed;
}

/// Qt's remarks about a missing desktop are no news to somebody who asked for none.
void dropRemarks(QtMsgType type, const QMessageLogContext&, const QString& message) {
    if (type == QtCriticalMsg || type == QtFatalMsg) std::fprintf(stderr, "%s\n", qPrintable(message));
}

int runExport(int argc, char** argv, const QStringList& words) {
    qInstallMessageHandler(dropRemarks);
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    try {
        applyApplicationStyle(ThemeChoice::Light);
        runExportCommand(words.mid(2));
        return kExitDone;
    } catch (const Error& error) {
        return exitCodeOf(error);
    }
}

ThemeChoice themeOf(const WindowOptions& options) {
    return themeFromWord(options.theme.isEmpty() ? QSettings().value(QStringLiteral("window/theme")).toString()
                                                 : options.theme);
}

int runWindow(int argc, char** argv) {
    const QtMessageHandler handler = qInstallMessageHandler(explainMissingDisplay);
    QApplication application(argc, argv);
    qInstallMessageHandler(handler);
    WindowOptions options;
    try {
        options = windowOptions(QCoreApplication::arguments());
    } catch (const Error& error) {
        return exitCodeOf(error);
    }
    applyApplicationStyle(themeOf(options), QSettings().value(QStringLiteral("window/scale"), 1.0).toDouble());
    ExperimentSession session;
    MainWindow window(session);
    window.show();
    window.openAtStart(options.path);
    if (!options.screenshot.isEmpty()) new WindowPicture(window, options);
    return QApplication::exec();
}

int run(int argc, char** argv) {
    QCoreApplication::setOrganizationName(QStringLiteral("consa-explorer"));
    QCoreApplication::setApplicationName(QStringLiteral("consa-explorer"));
    QCoreApplication::setApplicationVersion(QLatin1String(kVersion));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("ConSA Explorer"));
    QGuiApplication::setDesktopFileName(QStringLiteral("consa-explorer"));
    QStringList words;
    for (int index = 0; index < argc; ++index) words << QString::fromLocal8Bit(argv[index]);
    switch (taskOf(words)) {
        case Task::Help:
            std::fputs(qPrintable(helpText()), stdout);
            return kExitDone;
        case Task::Version:
            std::printf("consa-explorer %s\n", kVersion);
            return kExitDone;
        case Task::Export:
            return runExport(argc, argv, words);
        case Task::Window:
            return runWindow(argc, argv);
    }
    return kExitUsage;
}

}  // namespace

}  // namespace consa

int main(int argc, char** argv) {
    return consa::run(argc, argv);
}
