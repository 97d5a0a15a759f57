// Markup languages down to their words.
#pragma once

#include <string>
#include <string_view>

namespace consa {

/// Plain text of a POD document: commands, formatting codes and directives removed, their words kept.
[[nodiscard]] std::string stripPod(std::string_view pod);

/// Plain text of an HTML document: tags, comments, scripts and styles dropped, character references decoded. White
/// space runs together except in <pre>; block elements begin a new line, paragraphs and headings leave one blank line,
/// cells of a table are parted by tabs. Takes any bytes; unclosed and unknown elements do no harm.
[[nodiscard]] std::string stripHtml(std::string_view html);

}  // namespace consa
