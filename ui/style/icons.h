// Our own line icons, drawn in the text colour of the moment.
#pragma once

#include <QIcon>
#include <QString>

namespace consa {

/// The icon of resources/icons/NAME.svg; it follows the application's palette.
[[nodiscard]] QIcon lineIcon(const QString& name);

}  // namespace consa
