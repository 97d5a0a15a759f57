// Points of the frontier on the disk, so that they outlive the window.
#pragma once

#include "ui/models/frontier_record.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace consa {

/// Points that belong into one picture: measured with one model on one choice of tokens.
struct FrontierStudy {
    QStringList subject;  // model and texts
    QStringList slice;    // split, context, tokens
    std::vector<FrontierPoint> points;
};

/// A file for each study in a folder. An empty folder's name keeps nothing.
class FrontierStore {
public:
    explicit FrontierStore(std::filesystem::path folder = {}) : m_folder(std::move(folder)) {}

    /// Replaces the study's file in one step. Throws Error naming it when the disk does not take it.
    void save(const FrontierStudy& study) const;
    /// The study with its points; without any where none was saved. Throws Error naming a file that can't be read.
    [[nodiscard]] FrontierStudy load(QStringList subject, QStringList slice) const;
    /// The study of this subject that was saved last; files that can't be read are left out.
    [[nodiscard]] std::optional<FrontierStudy> newest(const QStringList& subject) const;

private:
    [[nodiscard]] std::filesystem::path fileOf(const QStringList& subject, const QStringList& slice) const;

    std::filesystem::path m_folder;
};

}  // namespace consa
