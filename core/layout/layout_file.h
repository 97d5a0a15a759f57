// The layout file (the mask preset): JSON, read with every field checked and written atomically.
#pragma once

#include "core/layout/attention_layout.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// Where a layout came from.
struct LayoutProvenance {
    std::string run;  // run folder's name, empty when made by hand or by rule
    int step = 0;
    std::uint64_t seed = 0;
    double target = 0;    // 0..1
    std::string version;  // of the program
    std::string created;  // ISO 8601, UTC

    bool operator==(const LayoutProvenance&) const = default;
};

/// A layout with all that a later reader needs to use it.
struct LayoutFile {
    std::string modelName;
    std::string modelArchitecture;
    AttentionLayout layout;
    int windowTokens = 0;
    int sinkTokens = 0;
    std::vector<double> probabilities;  // P(full), row-major like layout.full; empty when not learned
    LayoutProvenance provenance;
    std::string note;

    bool operator==(const LayoutFile&) const = default;
};

/// The file as JSON text (format "consa-layout", version 1).
[[nodiscard]] std::string toJson(const LayoutFile& file);
/// `source` names the text in errors. Throws Error (BadInput) naming file, field, row and column.
[[nodiscard]] LayoutFile layoutFileFromJson(const std::string& text, const std::string& source);
[[nodiscard]] LayoutFile readLayoutFile(const std::filesystem::path& path);
void writeLayoutFile(const std::filesystem::path& path, const LayoutFile& file);

/// Throws Error (BadInput) naming both shapes unless `file` fits a model of this shape.
void requireShape(const LayoutFile& file, const UnitGrid& model, const std::string& source);

/// Now, ISO 8601 in UTC, for provenance.
[[nodiscard]] std::string utcTimestamp();

}  // namespace consa
