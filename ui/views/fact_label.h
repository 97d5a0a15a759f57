// A figure with its name above it: the way panels state what holds now.
#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace consa {

/// Two lines: a muted name and a value that can be copied. Keeps its width to the widest value seen, so that
/// neighbours do not jump.
class FactLabel final : public QWidget {
    Q_OBJECT

public:
    explicit FactLabel(const QString& name, const QString& toolTip, QWidget* parent = nullptr);

    void setValue(const QString& value);
    [[nodiscard]] QString value() const;
    /// Puts a small control behind the name.
    void addToName(QWidget* control);

private:
    QHBoxLayout* m_nameRow;
    QLabel* m_value;
};

}  // namespace consa
