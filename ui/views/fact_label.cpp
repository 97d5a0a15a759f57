// Layout of a named figure.
#include "ui/views/fact_label.h"

#include "ui/style/application_style.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace consa {

FactLabel::FactLabel(const QString& name, const QString& toolTip, QWidget* parent)
    : QWidget(parent), m_nameRow(new QHBoxLayout), m_value(new QLabel(QStringLiteral("–"))) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    QLabel* nameLabel = createMutedLabel(name);
    m_nameRow->setSpacing(4);
    m_nameRow->addWidget(nameLabel);
    m_nameRow->addStretch();
    layout->addLayout(m_nameRow);
    layout->addWidget(m_value);
    m_value->setTextFormat(Qt::PlainText);
    setToolTip(toolTip);
}

void FactLabel::addToName(QWidget* control) {
    m_nameRow->insertWidget(1, control);
}

void FactLabel::setValue(const QString& value) {
    if (m_value->text() == value) return;
    m_value->setText(value);
    m_value->setMinimumWidth(std::max(m_value->minimumWidth(), m_value->sizeHint().width()));
}

QString FactLabel::value() const {
    return m_value->text();
}

}  // namespace consa
