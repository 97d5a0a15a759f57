// What was opened lately, kept across starts.
#pragma once

#include <QObject>
#include <QStringList>

namespace consa {

/// The newest nine paths, newest first.
class RecentFiles final : public QObject {
    Q_OBJECT

public:
    explicit RecentFiles(QObject* parent = nullptr);

    [[nodiscard]] const QStringList& paths() const { return m_paths; }
    void add(const QString& path);
    void clear();

signals:
    void changed();

private:
    void keep();

    QStringList m_paths;
};

}  // namespace consa
