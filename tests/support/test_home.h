// A home of the test's own, so that no setting, preset or run of the user's is touched.
#pragma once

#include "ui/style/application_style.h"

#include <QCoreApplication>
#include <QTemporaryDir>

namespace consa {

/// Settings, presets and runs go into `home` from here on; call it once, before any window. The theme is that of
/// $CONSA_TEST_THEME, light unless that is "dark".
inline void useTestHome(const QTemporaryDir& home) {
    qputenv("HOME", home.path().toUtf8());
    qputenv("XDG_CONFIG_HOME", home.filePath(QStringLiteral("config")).toUtf8());
    qputenv("CONSA_DATA_DIR", home.filePath(QStringLiteral("data")).toUtf8());
    QCoreApplication::setOrganizationName(QStringLiteral("consa-test"));
    QCoreApplication::setApplicationName(QStringLiteral("consa-test"));
    applyApplicationStyle(qgetenv("CONSA_TEST_THEME") == "dark" ? ThemeChoice::Dark : ThemeChoice::Light);
}

}  // namespace consa
