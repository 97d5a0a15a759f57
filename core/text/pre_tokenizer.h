// How a tokenizer cuts text into words before merging: the pre_tokenizer part of a tokenizer.json.
#pragma once

#include "core/text/regex.h"

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace consa {

/// Words and the room for those that are no part of the text given. Reused, it stops allocating.
class WordBuffer {
public:
    std::vector<std::string_view> words;

    /// A copy of `text` that lives until clear().
    std::string& keep(std::string_view text);
    void clear();

private:
    std::vector<std::unique_ptr<std::string>> m_kept;
    std::size_t m_keptCount = 0;
};

/// The steps ByteLevel, Digits, Metaspace, Split and Sequence. Words stay plain text: ByteLevel's part here is its
/// pattern and its space in front; the model writes the bytes. Const use is thread-safe.
class PreTokenizer {
public:
    /// null gives one word, the whole text. Throws Error (BadInput) naming `source` and the step that is not supported.
    PreTokenizer(const nlohmann::json& description, const std::string& source);

    [[nodiscard]] bool isByteLevel() const { return m_isByteLevel; }
    /// The words of `text`, valid UTF-8, in order. `isAtStart` says that nothing stands before it. Throws Error
    /// (BadInput) when the steps blow the text up.
    void cut(std::string_view text, bool isAtStart, WordBuffer& buffer) const;

private:
    enum class Behavior { Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous };
    enum class Prepend { Never, First, Always };
    struct ByteLevel {
        bool addsSpace = false;  // before pieces that don't begin with one
    };
    struct Split {
        Regex pattern;
        Behavior behavior = Behavior::Isolated;
        bool isInverted = false;
    };
    struct Metaspace {
        std::string mark;  // stands for a space
        Prepend prepend = Prepend::Always;
        bool cuts = true;  // before every mark
    };
    using Step = std::variant<ByteLevel, Split, Metaspace>;

    void addStep(const nlohmann::json& description, const std::string& source);
    void addByteLevel(const nlohmann::json& description, const std::string& source);
    void addMetaspace(const nlohmann::json& description, const std::string& source);
    void addSplit(const nlohmann::json& description, const std::string& source);
    static void apply(const ByteLevel& step, std::string_view piece, bool isAtStart, WordBuffer& buffer);
    static void apply(const Split& step, std::string_view piece, bool isAtStart, WordBuffer& buffer);
    static void apply(const Metaspace& step, std::string_view piece, bool isAtStart, WordBuffer& buffer);

    std::vector<Step> m_steps;
    bool m_isByteLevel = false;
};

/// Cuts `text` before every `mark`; with `onlyAfterText` marks that follow a mark stay with it.
void cutBeforeMarks(std::string_view text, std::string_view mark, bool onlyAfterText,
                    std::vector<std::string_view>& pieces);

}  // namespace consa
