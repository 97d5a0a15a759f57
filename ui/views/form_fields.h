// Fields of forms, each with a name, a tooltip and a reason when it can't be used.
#pragma once

#include <QDoubleSpinBox>
#include <QString>
#include <vector>

class QComboBox;
class QFormLayout;
class QHBoxLayout;
class QSpinBox;

namespace consa {

/// What every field says of itself.
struct FieldText {
    QString name;  // beside it, and for those who cannot see it
    QString tip;   // what it does, its unit, where its default comes from
    QString suffix{};
};

/// A box for numbers of any size, as a user would type them: 0.2, 1e-05.
class NumberBox final : public QDoubleSpinBox {
    Q_OBJECT

public:
    NumberBox(double lowest, double highest, const FieldText& text);

    [[nodiscard]] QString textFromValue(double value) const override;
    [[nodiscard]] double valueFromText(const QString& text) const override;
    QValidator::State validate(QString& input, int& position) const override;
};

[[nodiscard]] QSpinBox* createCountBox(int lowest, int highest, const FieldText& text);
/// Words in the order of `values`, which its items carry as data.
[[nodiscard]] QComboBox* createChoice(const FieldText& text, const std::vector<std::pair<QString, int>>& words);
void setChoice(QComboBox& box, int value);
[[nodiscard]] int choiceOf(const QComboBox& box);

/// A field that cannot be used says why.
void setUsable(QWidget& field, bool isUsable, const QString& whyNot);
/// The same for one word of a choice.
void setItemUsable(QComboBox& box, int value, bool isUsable, const QString& whyNot);

/// A form of its own in a row of columns.
[[nodiscard]] QFormLayout* addColumn(QHBoxLayout& row);
/// A small heading over the rows that follow.
void addHeading(QFormLayout& form, const QString& text);
/// A row labelled with the field's accessible name; the label shares its tooltip.
void addField(QFormLayout& form, QWidget* field);

}  // namespace consa
