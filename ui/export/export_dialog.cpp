// The export form and its preview.
#include "ui/export/export_dialog.h"

#include "ui/export/figure_room.h"
#include "ui/style/application_style.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <cmath>

namespace consa {

namespace {

constexpr double kMillimetersPerInch = 25.4;
constexpr double kScreenDpi = 96;
constexpr QSize kPreviewSize{440, 400};

int toPixels(int millimeters) {
    return static_cast<int>(std::lround(millimeters / kMillimetersPerInch * kScreenDpi));
}

}  // namespace

ExportDialog::ExportDialog(HeatmapFigure heatmap, std::vector<std::shared_ptr<const Figure>> others, QWidget* parent)
    : QDialog(parent), m_heatmap(std::move(heatmap)), m_others(std::move(others)) {
    setWindowTitle(tr("Save figure"));
    createFields();
    restoreChoices();
    updatePreview();
    connect(this, &QDialog::accepted, this, &ExportDialog::keepChoices);
}

void ExportDialog::createFields() {
    const auto createChoice = [this](const QString& name, const QStringList& words) {
        auto* box = new QComboBox;
        box->addItems(words);
        box->setAccessibleName(name);
        connect(box, &QComboBox::currentIndexChanged, this, &ExportDialog::updatePreview);
        return box;
    };
    const auto createLength = [this](const QString& name, int value) {
        auto* box = new QSpinBox;
        box->setRange(40, 420);
        box->setValue(value);
        box->setSuffix(tr(" mm"));
        box->setAlignment(Qt::AlignRight);
        box->setAccessibleName(name);
        connect(box, &QSpinBox::valueChanged, this, &ExportDialog::updatePreview);
        return box;
    };
    QStringList titles{tr("Heatmap")};
    for (const auto& other : m_others) titles << other->title();
    m_choice = createChoice(tr("Figure"), titles);
    m_format = createChoice(tr("Format"), {QStringLiteral("PNG"), QStringLiteral("SVG"), QStringLiteral("PDF"),
                                           QStringLiteral("CSV"), QStringLiteral("TSV")});
    m_view = createChoice(tr("View"), {tr("Probability"), tr("Mask"), tr("Change")});
    m_theme = createChoice(tr("Theme"), {tr("White"), tr("Dark")});
    m_width = createLength(tr("Width"), 160);
    m_height = createLength(tr("Height"), 140);
    m_dpi = createChoice(tr("Resolution"),
                         {QStringLiteral("96"), QStringLiteral("150"), QStringLiteral("300"), QStringLiteral("600")});
    m_caption = new QCheckBox(tr("Caption with model, step, target and seed"));
    m_caption->setChecked(true);
    connect(m_caption, &QCheckBox::toggled, this, &ExportDialog::updatePreview);
    m_view->setCurrentIndex(static_cast<int>(m_heatmap.content.effectiveView()));

    m_preview = new QLabel;
    m_preview->setFixedSize(kPreviewSize);
    m_preview->setAlignment(Qt::AlignCenter);
    m_facts = createMutedLabel(QString());
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
    m_save = buttons->button(QDialogButtonBox::Save);
    m_save->setText(tr("Save as…"));
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto* form = new QFormLayout;
    form->setVerticalSpacing(8);
    form->setHorizontalSpacing(16);
    form->addRow(tr("Figure"), m_choice);
    form->addRow(tr("Format"), m_format);
    form->addRow(tr("View"), m_view);
    form->addRow(tr("Theme"), m_theme);
    form->addRow(tr("Width"), m_width);
    form->addRow(tr("Height"), m_height);
    form->addRow(tr("Dots per inch"), m_dpi);
    form->addRow(m_caption);
    form->addRow(m_facts);
    auto* right = new QVBoxLayout;
    right->addLayout(form);
    right->addStretch();
    right->addWidget(buttons);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(16);
    layout->addWidget(m_preview);
    layout->addLayout(right);
}

void ExportDialog::restoreChoices() {
    const QSettings settings;
    m_format->setCurrentText(settings.value(QStringLiteral("export/format"), QStringLiteral("PNG")).toString());
    m_dpi->setCurrentText(settings.value(QStringLiteral("export/dpi"), QStringLiteral("300")).toString());
    m_width->setValue(settings.value(QStringLiteral("export/width"), m_width->value()).toInt());
    m_height->setValue(settings.value(QStringLiteral("export/height"), m_height->value()).toInt());
    m_theme->setCurrentIndex(settings.value(QStringLiteral("export/theme"), 0).toInt());
    m_caption->setChecked(settings.value(QStringLiteral("export/caption"), true).toBool());
}

void ExportDialog::keepChoices() const {
    QSettings settings;
    settings.setValue(QStringLiteral("export/format"), m_format->currentText());
    settings.setValue(QStringLiteral("export/dpi"), m_dpi->currentText());
    settings.setValue(QStringLiteral("export/width"), m_width->value());
    settings.setValue(QStringLiteral("export/height"), m_height->value());
    settings.setValue(QStringLiteral("export/theme"), m_theme->currentIndex());
    settings.setValue(QStringLiteral("export/caption"), m_caption->isChecked());
}

FigureFormat ExportDialog::format() const {
    return figureFormatFromWord(m_format->currentText());
}

FigureOptions ExportDialog::options() const {
    FigureOptions options;
    options.size = QSize(toPixels(m_width->value()), toPixels(m_height->value()));
    options.dpi = m_dpi->currentText().toInt();
    options.theme = m_theme->currentIndex() == 1 ? PlotTheme::dark() : PlotTheme::white();
    options.hasCaption = m_caption->isChecked();
    return options;
}

std::shared_ptr<const Figure> ExportDialog::figure() const {
    if (m_choice->currentIndex() > 0) return m_others[static_cast<std::size_t>(m_choice->currentIndex() - 1)];
    HeatmapFigure figure = m_heatmap;
    figure.content.view = static_cast<HeatmapView>(m_view->currentIndex());
    return makeFigure(std::move(figure));
}

void ExportDialog::updatePreview() {
    if (!m_facts) return;
    const bool isPng = format() == FigureFormat::Png;
    const bool isPicture = format() != FigureFormat::Csv && format() != FigureFormat::Tsv;
    m_dpi->setEnabled(isPng);
    m_view->setEnabled(m_choice->currentIndex() == 0);
    for (QWidget* field : std::initializer_list<QWidget*>{m_width, m_height, m_theme, m_caption})
        field->setEnabled(isPicture);
    FigureOptions shown = options();
    if (isPng) {
        m_facts->setText(tr("%1 × %2 px")
                             .arg(std::lround(shown.size.width() * shown.dpi / kScreenDpi))
                             .arg(std::lround(shown.size.height() * shown.dpi / kScreenDpi)));
    } else {
        m_facts->setText(isPicture ? tr("Vector, no raster image") : tr("One line a value"));
    }
    const std::shared_ptr<const Figure> chosen = figure();
    const std::unique_ptr<OffscreenPlot> offscreen = arrangeToFit(*chosen, shown);
    const bool isTooSmall = isPicture && !offscreen->hasRoom(shown.size);
    if (isTooSmall)
        m_facts->setText(tr("Too small to read: at least %1 mm").arg(millimeterText(readableSize(*chosen, shown))));
    m_save->setEnabled(!isTooSmall);
    shown.dpi = static_cast<int>(kScreenDpi * 2);
    const QImage image = plotToImage(offscreen->plot(), shown, {});
    m_preview->setPixmap(QPixmap::fromImage(image.scaled(kPreviewSize, Qt::KeepAspectRatio, Qt::SmoothTransformation)));
    m_preview->setAccessibleName(chosen->caption());
}

}  // namespace consa
