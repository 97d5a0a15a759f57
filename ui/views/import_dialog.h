// Asks for what an imported layout leaves open: the budget of soft values, window and sinks.
#pragma once

#include "core/layout/layout_exchange.h"

#include <QDialog>
#include <filesystem>
#include <optional>

class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QSpinBox;

namespace consa {

/// Shows the full units at the picked sparsity; layout() holds the result after acceptance.
class ImportDialog final : public QDialog {
    Q_OBJECT

public:
    explicit ImportDialog(const ImportedLayout& imported, QWidget* parent = nullptr);

    [[nodiscard]] LayoutFile layout() const;

private:
    void createBudget(QFormLayout& form);
    void createTokens(QFormLayout& form);
    void showCount();

    ImportedLayout m_imported;
    QDoubleSpinBox* m_sparsity = nullptr;  // percent; null for files that made their decisions
    QLabel* m_count = nullptr;
    QSpinBox* m_window = nullptr;  // null where the file says it
    QSpinBox* m_sinks = nullptr;
};

/// Reads a layout of any format and asks where it leaves something open; empty when cancelled. Throws Error.
[[nodiscard]] std::optional<LayoutFile> askForLayout(const std::filesystem::path& path, QWidget* parent);

}  // namespace consa
