// What a file holds, told by its suffixes and first bytes, and what to do about kinds that are no text.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace consa {

/// How text is written in a file once it is unpacked. Markdown and RST are read as they stand.
enum class TextFormat { Plain, Pod, Html, JsonLines };

/// By suffix, in any case, before .gz or .zst: .txt .text .md .markdown .rst and none are Plain, .pod, .html .htm
/// .xhtml, .jsonl .ndjson; nothing for other suffixes.
[[nodiscard]] std::optional<TextFormat> textFormatOf(const std::filesystem::path& path);

/// The suffixes that textFormatOf() knows, for messages.
[[nodiscard]] const char* textSuffixes();

/// ".gz" or ".zst" at the end of the name, else "".
[[nodiscard]] std::string packedSuffix(const std::filesystem::path& path);

[[nodiscard]] bool isParquetName(const std::filesystem::path& path);

/// The file that the conversion named by whyNotText() writes: PATH.jsonl.
[[nodiscard]] std::filesystem::path convertedParquet(const std::filesystem::path& path);

/// Why a file of this name can't be read as text, and what to do; "" for names of texts.
[[nodiscard]] std::string whyNotText(const std::filesystem::path& path);

/// The same, told by the first bytes of the unpacked file (64 KiB are plenty): other kinds by their signatures, UTF-16,
/// and bytes that are mostly no UTF-8; "" for text. Zero bytes are not looked for.
[[nodiscard]] std::string whyNotText(std::string_view firstBytes, const std::filesystem::path& path);

}  // namespace consa
