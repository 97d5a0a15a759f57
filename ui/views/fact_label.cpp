// Layout of a named figure.
#include "ui/views/fact_label.h"

#include "ui/style/application_style.h"

#include <QLabel>
#include <QVBoxLayout>

namespace consa {

FactLabel::FactLabel(const QString& name, const QString& toolTip, QWidget* parent)
    : QWidget(parent), m_value(new QLabel(QStringLiteral("–"))) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    QLabel* nameLabel = createMutedLabel(name);
    layout->addWidget(nameLabel);
    layout->addWidget(m_value);
    m_value->setTextFormat(Qt::PlainText);
    setToolTip(toolTip);
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
