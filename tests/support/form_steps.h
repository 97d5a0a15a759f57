// What a user does in a form: find a field by its name, choose from a list.
#pragma once

#include <QComboBox>
#include <QString>
#include <QtTest>

namespace consa {

/// The form's field of this accessible name.
template <typename Field>
Field& field(const QWidget& form, const QString& name) {
    for (Field* one : form.findChildren<Field*>())
        if (one->accessibleName() == name) return *one;
    qFatal("no field %s", qPrintable(name));
}

/// Chooses a word of a list as a user does.
inline void choose(const QWidget& form, const QString& name, const QString& word) {
    auto& box = field<QComboBox>(form, name);
    const int index = box.findText(word);
    QVERIFY2(index >= 0, qPrintable(word));
    box.setCurrentIndex(index);
    emit box.activated(index);
}

}  // namespace consa
