// Where texts come from: files, folders, what the set-up installed, and what the generator writes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace consa {

/// One of the paths or words asked for, ready to be read: a list of files, or generated texts.
struct TextSource {
    std::string name;
    std::string origin;  // for the run's record
    std::vector<std::filesystem::path> files;
    std::vector<std::string> generated;
};

/// `word` as loadCorpus() takes it. Throws Error (BadInput) when there is nothing, or nothing that is text.
[[nodiscard]] TextSource textSource(const std::string& word);

}  // namespace consa
