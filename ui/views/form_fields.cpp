// Fields of forms.
#include "ui/views/form_fields.h"

#include "ui/style/application_style.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QStandardItemModel>

namespace consa {

namespace {

constexpr const char* kTip = "tip";

void describe(QWidget& field, const FieldText& text) {
    field.setAccessibleName(text.name);
    field.setAccessibleDescription(text.tip);
    field.setToolTip(text.tip);
    field.setProperty(kTip, text.tip);
}

}  // namespace

NumberBox::NumberBox(double lowest, double highest, const FieldText& text) {
    setDecimals(12);
    setRange(lowest, highest);
    setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    setAlignment(Qt::AlignRight);
    setSuffix(text.suffix);
    describe(*this, text);
}

QString NumberBox::textFromValue(double value) const {
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

double NumberBox::valueFromText(const QString& text) const {
    QString number = text;
    return number.remove(suffix()).trimmed().toDouble();
}

QValidator::State NumberBox::validate(QString& input, int&) const {
    bool isNumber = false;
    QString number = input;
    const double value = number.remove(suffix()).trimmed().toDouble(&isNumber);
    return isNumber && value >= minimum() && value <= maximum() ? QValidator::Acceptable : QValidator::Intermediate;
}

QSpinBox* createCountBox(int lowest, int highest, const FieldText& text) {
    auto* box = new QSpinBox;
    box->setRange(lowest, highest);
    box->setSuffix(text.suffix);
    box->setGroupSeparatorShown(true);
    box->setAlignment(Qt::AlignRight);
    describe(*box, text);
    return box;
}

QComboBox* createChoice(const FieldText& text, const std::vector<std::pair<QString, int>>& words) {
    auto* box = new QComboBox;
    for (const auto& [word, value] : words) box->addItem(word, value);
    describe(*box, text);
    return box;
}

void setChoice(QComboBox& box, int value) {
    box.setCurrentIndex(std::max(box.findData(value), 0));
}

int choiceOf(const QComboBox& box) {
    return box.currentData().toInt();
}

void setUsable(QWidget& field, bool isUsable, const QString& whyNot) {
    field.setEnabled(isUsable);
    field.setToolTip(isUsable ? field.property(kTip).toString() : whyNot);
}

void setItemUsable(QComboBox& box, int value, bool isUsable, const QString& whyNot) {
    QStandardItem* item = static_cast<QStandardItemModel*>(box.model())->item(box.findData(value));
    if (!item) return;
    item->setEnabled(isUsable);
    item->setToolTip(isUsable ? QString() : whyNot);
}

QFormLayout* addColumn(QHBoxLayout& row) {
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(8);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    row.addLayout(form, 1);
    return form;
}

void addHeading(QFormLayout& form, const QString& text) {
    auto* heading = new QLabel(text);
    QFont font = heading->font();
    font.setBold(true);
    heading->setFont(font);
    heading->setContentsMargins(0, form.rowCount() > 0 ? 12 : 0, 0, 0);
    form.addRow(heading);
}

void addField(QFormLayout& form, QWidget* field) {
    auto* label = new QLabel(field->accessibleName());
    label->setBuddy(field);
    label->setToolTip(field->toolTip());
    form.addRow(label, field);
}

}  // namespace consa
