// The options that say how texts are read, the same for every subcommand.
#pragma once

#include "core/text/corpus_options.h"

#include <CLI/CLI.hpp>

namespace consa {

inline void addTextOptions(CLI::App& command, CorpusOptions& options) {
    command.add_option("--field", options.jsonField, "field of JSONL that holds the text")->capture_default_str();
    command.add_flag("--pack", options.packsDocuments, "let windows run on from one document into the next");
    command.add_option("--split-seed", options.splitSeed, "which documents are held out (0: by their order)")
        ->capture_default_str();
}

}  // namespace consa
