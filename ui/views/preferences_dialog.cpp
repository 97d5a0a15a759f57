// Fields of the preferences.
#include "ui/views/preferences_dialog.h"

#include "ui/style/application_style.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QPushButton>

namespace consa {

PreferencesDialog::PreferencesDialog(ThemeChoice theme, double scale, bool evaluatesCuts, QWidget* parent)
    : QDialog(parent), m_theme(new QComboBox), m_scale(new QComboBox), m_cuts(new QCheckBox) {
    setWindowTitle(tr("Preferences"));
    m_theme->addItems({tr("As the desktop"), tr("Light"), tr("Dark")});
    m_theme->setCurrentIndex(static_cast<int>(theme));
    m_theme->setAccessibleName(tr("Theme"));
    for (const int percent : uiScales()) m_scale->addItem(QStringLiteral("%1 %").arg(percent), percent);
    m_scale->setCurrentIndex(m_scale->findData(qRound(scale * 100)));
    m_scale->setAccessibleName(tr("Size of text"));
    m_cuts->setText(tr("Evaluate cuts while a run rests"));
    m_cuts->setChecked(evaluatesCuts);
    auto* reset = new QPushButton(tr("Reset panels"));
    reset->setToolTip(tr("Put all panels back where they were at first"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    auto* form = new QFormLayout(this);
    form->setContentsMargins(16, 16, 16, 16);
    form->setHorizontalSpacing(16);
    form->addRow(tr("Theme"), m_theme);
    form->addRow(tr("Size of text"), m_scale);
    form->addRow(m_cuts);
    form->addRow(tr("Panels"), reset);
    form->addRow(buttons);
    connect(m_theme, &QComboBox::currentIndexChanged, this,
            [this](int index) { emit themeChosen(static_cast<ThemeChoice>(index)); });
    connect(m_scale, &QComboBox::currentIndexChanged, this,
            [this] { emit scaleChosen(m_scale->currentData().toInt() / 100.0); });
    connect(m_cuts, &QCheckBox::toggled, this, &PreferencesDialog::evaluateCutsChosen);
    connect(reset, &QPushButton::clicked, this, &PreferencesDialog::layoutResetRequested);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

}  // namespace consa
