// The help inside the window: the README's words about reading and steering, and what this program is.
#include "core/base/version.h"
#include "ui/window_actions.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QMainWindow>
#include <QMessageBox>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace consa {

namespace {

QString helpText() {
    return WindowActions::tr(
        "<h3>How to read the heatmap</h3>"
        "<p>Layer 0 is the top row, each column is a KV head (or the whole layer). Yellow is full attention, dark blue "
        "sliding: the colour is P(full), the probability that the gate stays open. The notch at the colour bar is the "
        "threshold that the mask is cut at. <b>1</b> shows probabilities, <b>2</b> the mask (sliding is hatched), "
        "<b>3</b> the change since the start, a step or a preset, <b>4</b> a table; <b>T</b> turns it. Point at a cell "
        "or move with the arrow keys: its exact values and its history stand below. Point at the colour bar: cells of "
        "that "
        "value are outlined.</p>"
        "<h3>How to steer</h3>"
        "<p><b>Space</b> starts and pauses. The solid handle is the target: let go, and the running training moves "
        "there over the ramp; Esc puts it back, Ctrl+Z undoes it. The hollow handle is the cut: it rounds the gates as "
        "they are at any sparsity, at once; cells that it flips are outlined. The curve under the slider is what each "
        "cut would cost. <b>P</b>, <b>W</b> and <b>U</b> pin a cell to full, to sliding, and free it. The timeline "
        "below the heatmap shows any step of the run; <b>Fork from here</b> begins a new run at that step. "
        "<b>Ctrl+Alt+Z</b> takes the run back to before its latest target, gates and all; Ctrl+Z puts back the target "
        "alone. In the Run menu, <b>Freeze gates</b> stops the gates while the steps go on, and <b>Hold "
        "multipliers</b> keeps the Lagrange multipliers what they are while the gates learn on under them.</p>"
        "<h3>How to compare</h3>"
        "<p><b>Ctrl+E</b> measures the learned layout, all full, all sliding, interleaved layers of the same budget "
        "and "
        "the checked presets on the same held-out text. Differences are paired, ± one standard error by document. "
        "Select a row to see the difference to it, its mask, and its loss by position; the frontier collects all "
        "layouts measured so far. Keep the test text for the report: how often it was opened is counted.</p>"
        "<h3>What to take home</h3>"
        "<p><b>Ctrl+Shift+E</b> saves a figure as PNG, SVG, PDF or numbers, as small as a paper's column, "
        "<b>Ctrl+Shift+C</b> copies picture and "
        "numbers, <b>Ctrl+S</b> keeps the mask as a preset; File > Save report writes a folder with all of it.</p>");
}

}  // namespace

void showHelp(QMainWindow* window) {
    QDialog dialog(window);
    dialog.setWindowTitle(WindowActions::tr("How to read and steer"));
    auto* text = new QTextBrowser;
    text->setHtml(helpText());
    text->setFrameShape(QFrame::NoFrame);
    text->setAccessibleName(dialog.windowTitle());
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(&dialog);
    layout->addWidget(text);
    layout->addWidget(buttons);
    dialog.resize(640, 560);
    dialog.exec();
}

void showAbout(QMainWindow* window) {
    QMessageBox::about(
        window, WindowActions::tr("About ConSA Explorer"),
        WindowActions::tr("<b>ConSA Explorer %1</b><p>Learns which attention heads of a language model may use a "
                          "sliding window, and shows it live.</p><p>Free software under the GNU General Public "
                          "License, version 3 or later.</p>")
            .arg(QLatin1String(kVersion)));
}

}  // namespace consa
