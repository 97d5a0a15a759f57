// Texts, tips and keys of the window's actions; the shortcut sheet made from them.
#include "ui/window_actions.h"

#include "ui/style/icons.h"

#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QMainWindow>
#include <QMap>
#include <QScrollArea>

namespace consa {

WindowActions::WindowActions(QMainWindow* window) : QObject(window), m_window(window) {
    openDemo = create(tr("Open the demo"), tr("Open the small model that comes with the program"));
    openDefault = create(tr("Open SmolLM2-135M"), tr("Open the model and the texts that the set-up installed"), {},
                         QStringLiteral("model"));
    openModelFile =
        create(tr("Open model file…"), tr("Open a GGUF file"), QStringLiteral("Ctrl+O"), QStringLiteral("open"));
    openModelFolder = create(tr("Open model folder…"), tr("Open a Hugging Face folder: config.json and safetensors"),
                             QStringLiteral("Ctrl+Shift+O"));
    openTextFiles = create(tr("Open text files…"), tr("Train and evaluate on these files"), {}, QStringLiteral("text"));
    openTextFolder = create(tr("Open text folder…"), tr("Train and evaluate on the texts of a folder"));
    openRun = create(tr("Open run folder…"), tr("Look at an earlier run and go on with it"), QStringLiteral("Ctrl+R"));
    runSettings = create(tr("Run settings…"),
                         tr("What the next run learns, how, on how much text, and with which seed and device"),
                         QStringLiteral("Ctrl+,"), QStringLiteral("settings"));
    freeze = create(tr("Freeze gates"), tr("Gates stop moving while the steps go on"));
    freeze->setCheckable(true);
    hold = create(tr("Hold multipliers"),
                  tr("The Lagrange multipliers stay what they are while the gates go on learning under them"));
    hold->setCheckable(true);
    fork = create(tr("Fork from the step on show"),
                  tr("Begin a new run at the step that the timeline shows, or the last kept before it, and train on "
                     "from there; a run that goes on is saved and stopped first"));
    goBack = create(tr("Undo back to the step before"),
                    tr("Take the run back to the step at which its latest target took effect, as it was before: gates, "
                       "multipliers, target and pins; what was trained since is dropped"),
                    QStringLiteral("Ctrl+Alt+Z"));
    evaluateCuts = create(tr("Evaluate cuts while idle"),
                          tr("While the run rests, measure what the gates lose when cut at each sparsity"));
    evaluateCuts->setCheckable(true);
    polish =
        create(tr("Polish layout"),
               tr("Judge swaps of one full against one sliding unit on training and validation text, and keep those "
                  "that lower the loss; pause or finish the run first"));
    focusTarget = create(tr("Type a target"), tr("Put the cursor into the target box"), QStringLiteral("Ctrl+T"));
    resetLayout =
        create(tr("Reset layout"), tr("Put all panels back where they were at first"), QStringLiteral("Ctrl+Alt+0"));
    toggleTheme =
        create(tr("Light or dark"), tr("Switch between the light and the dark palette"), QStringLiteral("Alt+M"));
    largerText = create(tr("Larger text"), tr("Make all text larger"), QStringLiteral("Ctrl+="));
    smallerText = create(tr("Smaller text"), tr("Make all text smaller"), QStringLiteral("Ctrl+-"));
    maximise = create(tr("Panel alone"), tr("Show the panel with the focus alone, or all panels again"),
                      QStringLiteral("F11"));
    fullScreen = create(tr("Full screen"), tr("Fill the screen with the window"), QStringLiteral("Shift+F11"));
    fullScreen->setCheckable(true);
    palette = create(tr("Search commands…"), tr("Find any command by its words"), QStringLiteral("Ctrl+K"));
    palette->setIconText(tr("Commands"));
    palette->setShortcuts({QKeySequence(QStringLiteral("Ctrl+K")), QKeySequence(QStringLiteral("Ctrl+Shift+P"))});
    preferences =
        create(tr("Preferences…"), tr("Theme, size of text, what happens by itself"), QStringLiteral("Ctrl+Alt+,"));
    help =
        create(tr("How to read and steer"), tr("What the heatmap, the slider and the table say"), QStringLiteral("F1"));
    shortcuts = create(tr("Keyboard shortcuts"), tr("All keys of this window"), QStringLiteral("Ctrl+/"));
    about = create(tr("About ConSA Explorer"), tr("Version and licence"));
    quit = create(tr("Quit"), tr("Close the window"), QStringLiteral("Ctrl+Q"));
}

QAction* WindowActions::create(const QString& text, const QString& toolTip, const QString& shortcut,
                               const QString& icon) {
    auto* action = new QAction(text, this);
    if (!icon.isEmpty()) action->setIcon(lineIcon(icon));
    if (!shortcut.isEmpty()) action->setShortcut(QKeySequence(shortcut));
    action->setToolTip(toolTip);
    action->setStatusTip(toolTip);
    m_window->addAction(action);
    return action;
}

QAction* WindowActions::createHidden(const QString& text, const QList<QKeySequence>& keys) {
    QAction* action = create(text, text);
    action->setShortcuts(keys);
    return action;
}

void showShortcutSheet(QMainWindow* window) {
    QMap<QString, QString> keys;
    for (const QAction* action : window->findChildren<QAction*>()) {
        if (action->shortcut().isEmpty() || action->text().isEmpty()) continue;
        keys.insert(action->text().remove(QLatin1Char('&')),
                    QKeySequence::listToString(action->shortcuts(), QKeySequence::NativeText));
    }
    keys.insert(WindowActions::tr("In the heatmap: move from cell to cell"),
                WindowActions::tr("Arrows, Home, End, PgUp, PgDown"));
    keys.insert(WindowActions::tr("In the heatmap: probability, mask, change, table; turn"),
                QStringLiteral("1, 2, 3, 4; T"));
    keys.insert(WindowActions::tr("In the heatmap: pin full, pin sliding, unpin"), QStringLiteral("P, W, U"));
    keys.insert(WindowActions::tr("In the heatmap: copy the cell's values"), QStringLiteral("Ctrl+C"));
    keys.insert(WindowActions::tr("In the curves: whole run"), WindowActions::tr("Home, double-click"));
    keys.insert(WindowActions::tr("On the slider: target, cut"),
                WindowActions::tr("Arrows, Ctrl+Arrows (Shift 5 %, Alt 0.1 %)"));
    QDialog dialog(window);
    dialog.setWindowTitle(WindowActions::tr("Keyboard shortcuts"));
    auto* sheet = new QWidget;
    auto* grid = new QGridLayout(sheet);
    grid->setHorizontalSpacing(32);
    grid->setVerticalSpacing(4);
    int row = 0;
    for (auto entry = keys.cbegin(); entry != keys.cend(); ++entry, ++row) {
        grid->addWidget(new QLabel(entry.key()), row, 0);
        grid->addWidget(new QLabel(entry.value()), row, 1);
    }
    auto* scroll = new QScrollArea;
    scroll->setWidget(sheet);
    scroll->setWidgetResizable(true);
    scroll->setAccessibleName(dialog.windowTitle());
    scroll->setFrameShape(QFrame::NoFrame);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(&dialog);
    layout->addWidget(scroll);
    layout->addWidget(buttons);
    dialog.resize(sheet->sizeHint().width() + 64, 560);
    dialog.exec();
}

}  // namespace consa
