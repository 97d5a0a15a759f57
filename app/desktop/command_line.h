// The words and options of consa-explorer, understood before any application object exists.
#pragma once

#include <QString>
#include <QStringList>

namespace consa {

/// What the command line asks for.
enum class Task { Window, Export, Help, Version };

struct WindowOptions {
    QString path;        // model, run folder, layout file or text; empty: the demo
    QString screenshot;  // train and evaluate by itself, save a picture of the window here and quit
    int atStep = 0;      // take that picture at this step instead; 0: after the evaluation
    QString tab;         // brought to the front for that picture, by its title
    QString theme;       // "light", "dark" or empty
};

/// Exit codes shared with `consa`.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

[[nodiscard]] Task taskOf(const QStringList& arguments);
[[nodiscard]] QString helpText();
/// Throws Error (BadInput) for an unknown option or word.
[[nodiscard]] WindowOptions windowOptions(const QStringList& arguments);

}  // namespace consa
