// Reads the documents of one file, whatever its format.
#pragma once

#include "core/text/text_file.h"

#include <functional>
#include <string>

namespace consa {

/// A document's name (file, for JSONL with the line's number) and its text.
using OnText = std::function<void(std::string name, const std::string& text)>;

/// Calls `onText` for every document of `file` in order: markup of POD and HTML stripped, JSONL a document a line from
/// `jsonField`. Holds one document in memory. Throws Error (BadInput) naming path and line for what can't be read.
void readDocuments(TextFile& file, const std::string& jsonField, const OnText& onText);

}  // namespace consa
