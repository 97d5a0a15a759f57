// Goes from formats to plain text.
#include "core/text/document_reader.h"

#include "core/text/json_field.h"
#include "core/text/markup.h"
#include "core/text/text_format.h"

namespace consa {
namespace {

void readJsonLines(TextFile& file, const std::string& jsonField, const OnText& onText) {
    LineReader lines(file);
    const std::string name = file.path().filename().string();
    std::string line;
    while (lines.next(line)) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const std::string number = ":" + std::to_string(lines.lineNumber());
        onText(name + number, textField(line, jsonField, file.path().string() + number));
    }
}

}  // namespace

void readDocuments(TextFile& file, const std::string& jsonField, const OnText& onText) {
    const TextFormat format = textFormatOf(file.path()).value_or(TextFormat::Plain);
    if (format == TextFormat::JsonLines) return readJsonLines(file, jsonField, onText);
    std::string text = readWholeText(file);
    if (format == TextFormat::Pod) text = stripPod(text);
    if (format == TextFormat::Html) text = stripHtml(text);
    onText(file.path().filename().string(), text);
}

}  // namespace consa
