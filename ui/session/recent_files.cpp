// The list in the settings.
#include "ui/session/recent_files.h"

#include <QFileInfo>
#include <QSettings>

namespace consa {

namespace {
constexpr int kLimit = 9;  // as many as there are digits to open them with
const QString kKey = QStringLiteral("files/recent");
}  // namespace

RecentFiles::RecentFiles(QObject* parent) : QObject(parent), m_paths(QSettings().value(kKey).toStringList()) {}

void RecentFiles::add(const QString& path) {
    const QFileInfo info(path);
    const QString whole = info.exists() ? info.absoluteFilePath() : path;
    m_paths.removeAll(whole);
    m_paths.prepend(whole);
    while (m_paths.size() > kLimit) m_paths.removeLast();
    keep();
}

void RecentFiles::clear() {
    m_paths.clear();
    keep();
}

void RecentFiles::keep() {
    QSettings().setValue(kKey, m_paths);
    emit changed();
}

}  // namespace consa
