// How texts are read, split and cut: the user's choices.
#pragma once

#include <cstdint>
#include <string>

namespace consa {

struct CorpusOptions {
    std::string jsonField = "text";  // of a line of JSONL: the field with the text
    bool packsDocuments = false;     // windows run on from one document into the next of the same split
    std::uint64_t splitSeed = 0;     // which documents are held out; 0: by their place in order

    bool operator==(const CorpusOptions&) const = default;
};

}  // namespace consa
