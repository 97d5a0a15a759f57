// Parsing of the window's own command line.
#include "app/desktop/command_line.h"

#include "core/base/error.h"

#include <QCommandLineParser>

namespace consa {

Task taskOf(const QStringList& arguments) {
    if (arguments.contains(QStringLiteral("--help")) || arguments.contains(QStringLiteral("-h"))) return Task::Help;
    if (arguments.contains(QStringLiteral("--version"))) return Task::Version;
    return arguments.size() > 1 && arguments[1] == QLatin1String("export") ? Task::Export : Task::Window;
}

QString helpText() {
    return QStringLiteral(
        "consa-explorer [FILE|RUN_DIR]   the window: opens the demo, a model (.gguf or folder), a run folder,\n"
        "                                a layout file (.json) or texts\n"
        "consa-explorer export RUN_DIR... --figure FIGURE --format FORMAT --out FILE\n"
        "                                writes a figure of a finished run; needs no display\n"
        "\n"
        "Options of the window:\n"
        "  --screenshot FILE   train and evaluate by itself, save a picture of the window, quit\n"
        "  --at-step N         take that picture at step N while training\n"
        "  --tab TITLE         with that tab in front, for example 'By position'\n"
        "  --theme light|dark  instead of the desktop's\n"
        "Options of export:\n"
        "  --figure FIGURE     heatmap (default), curves, positions (loss by position in the window)\n"
        "                      or frontier (loss over sparsity of one or more runs measured alike)\n"
        "  --format FORMAT     png, svg, pdf, csv or tsv; by default the suffix of FILE\n"
        "  --view VIEW         probability (default) or mask\n"
        "  --dpi N             resolution of a PNG, 300 by default\n"
        "  --size WxH          printed size in millimetres, 160x140 by default\n"
        "  --theme THEME       white (default) or dark\n"
        "  --no-caption        leave the caption out\n"
        "  --out FILE          where to write\n"
        "\n"
        "  --help, --version\n"
        "\n"
        "The same engine without a window is `consa`.\n");
}

WindowOptions windowOptions(const QStringList& arguments) {
    QCommandLineParser parser;
    parser.addOptions({{QStringLiteral("screenshot"), QString(), QStringLiteral("file")},
                       {QStringLiteral("at-step"), QString(), QStringLiteral("step")},
                       {QStringLiteral("tab"), QString(), QStringLiteral("title")},
                       {QStringLiteral("theme"), QString(), QStringLiteral("theme")}});
    if (!parser.parse(arguments)) throw Error(parser.errorText().toStdString() + " See consa-explorer --help.");
    const QStringList paths = parser.positionalArguments();
    if (paths.size() > 1) throw Error("consa-explorer opens one thing at a time; see consa-explorer --help.");
    WindowOptions options;
    options.path = paths.value(0);
    options.screenshot = parser.value(QStringLiteral("screenshot"));
    options.tab = parser.value(QStringLiteral("tab"));
    options.theme = parser.value(QStringLiteral("theme"));
    if (!options.theme.isEmpty() && options.theme != QLatin1String("light") && options.theme != QLatin1String("dark")) {
        throw Error("--theme takes light or dark, not '" + options.theme.toStdString() + "'.");
    }
    if (parser.isSet(QStringLiteral("at-step"))) {
        bool isNumber = false;
        options.atStep = parser.value(QStringLiteral("at-step")).toInt(&isNumber);
        if (!isNumber || options.atStep < 1) throw Error("--at-step takes a step from 1 on.");
    }
    return options;
}

}  // namespace consa
