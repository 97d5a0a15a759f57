// What holds for the window whatever is open: theme, size of the text, what happens by itself.
#pragma once

#include "ui/style/application_style.h"

#include <QDialog>

class QCheckBox;
class QComboBox;

namespace consa {

/// Every choice takes effect at once; closing keeps it.
class PreferencesDialog final : public QDialog {
    Q_OBJECT

public:
    PreferencesDialog(ThemeChoice theme, double scale, bool evaluatesCuts, QWidget* parent = nullptr);

signals:
    void themeChosen(consa::ThemeChoice theme);
    void scaleChosen(double scale);
    void evaluateCutsChosen(bool isWanted);
    void layoutResetRequested();

private:
    QComboBox* m_theme;
    QComboBox* m_scale;
    QCheckBox* m_cuts;
};

}  // namespace consa
