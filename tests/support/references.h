// Finds the reference data that tests/references/make_*.py wrote.
#pragma once

#include <filesystem>
#include <string>

namespace consa::test {

/// The folder that make_NAME.py made; empty when it was skipped because its packages are not installed.
[[nodiscard]] inline std::filesystem::path referenceFolder(const std::string& name) {
    const std::filesystem::path folder = std::filesystem::path(CONSA_REFERENCES) / name;
    return std::filesystem::exists(folder / "made_by") ? folder : std::filesystem::path();
}

}  // namespace consa::test

/// Skips the test unless make_NAME.py has run.
#define REQUIRE_REFERENCES(name)                                                        \
    do {                                                                                \
        if (consa::test::referenceFolder(name).empty())                                 \
            QSKIP("the reference packages are not installed; tests/run installs them"); \
    } while (false)
