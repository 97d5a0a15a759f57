// Wraps PCRE2.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/text/regex.h"

#include "core/text/pattern_dialect.h"
#include "core/text/tokenizer_fields.h"

#include <pcre2.h>

#include <array>
#include <new>
#include <utility>

namespace consa {
namespace {

std::string messageOf(int code) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(code, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

/// Bounds on the memory of matching without the just-in-time compiler, whose own stack is small: PCRE2's default would
/// let one pattern take 20 GB. What real patterns need is far below a megabyte.
pcre2_match_context* matchContextOfThisThread() {
    struct Deleter {
        void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
    };
    constexpr std::uint32_t kMostKibibytes = 64 << 10;
    thread_local const std::unique_ptr<pcre2_match_context, Deleter> context = [] {
        std::unique_ptr<pcre2_match_context, Deleter> made(pcre2_match_context_create(nullptr));
        if (!made) throw std::bad_alloc();  // the next call tries again
        pcre2_set_heap_limit(made.get(), kMostKibibytes);
        return made;
    }();
    return context.get();
}

/// Where PCRE2 puts a match; only the whole match is looked at, so one fits every pattern.
pcre2_match_data* matchDataOfThisThread() {
    struct Deleter {
        void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
    };
    thread_local const std::unique_ptr<pcre2_match_data, Deleter> data = [] {
        std::unique_ptr<pcre2_match_data, Deleter> made(pcre2_match_data_create(1, nullptr));
        if (!made) throw std::bad_alloc();
        return made;
    }();
    return data.get();
}

std::size_t nextCharacter(std::string_view text, std::size_t position) {
    do {
        ++position;
    } while (position < text.size() && (static_cast<unsigned char>(text[position]) & 0xc0U) == 0x80U);
    return position;
}

}  // namespace

struct Regex::Code {
    explicit Code(pcre2_code* pointer) : compiled(pointer) {}
    ~Code() { pcre2_code_free(compiled); }
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;

    /// PCRE2's result for the next match from `begin` on. `text` must be valid UTF-8.
    int match(std::string_view text, std::size_t begin, pcre2_match_data* data) const {
        const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
        if (isJit) {
            const int result =
                pcre2_jit_match(compiled, subject, text.size(), begin, 0, data, matchContextOfThisThread());
            if (result != PCRE2_ERROR_JIT_STACKLIMIT) return result;
        }
        const std::uint32_t options = PCRE2_NO_UTF_CHECK | (isJit ? PCRE2_NO_JIT : 0U);
        return pcre2_match(compiled, subject, text.size(), begin, options, data, matchContextOfThisThread());
    }

    pcre2_code* compiled;
    bool isJit = false;
};

Regex::Regex(const std::string& pattern, const std::string& source) {
    int code = 0;
    PCRE2_SIZE place = 0;
    const std::string reworded = toPcre2(pattern, source);
    // \C matches a part of a character: the pieces would be no UTF-8, which the next pattern relies on.
    constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code* compiled =
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(reworded.data()), reworded.size(), kOptions, &code, &place, nullptr);
    if (compiled == nullptr) {
        failTokenizer(source, "its pattern " + pattern + " is not understood: " + messageOf(code));
    }
    const auto free = [](pcre2_code* one) { pcre2_code_free(one); };
    std::unique_ptr<pcre2_code, decltype(free)> owned(compiled, free);  // should there be no memory for m_code
    m_code = std::make_unique<Code>(compiled);
    static_cast<void>(owned.release());
    // Without a compiler for this machine matching goes on, only slower.
    m_code->isJit = pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE) == 0;
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

template <typename Visit>
void Regex::forEachSpan(std::string_view text, Visit&& visit) const {
    pcre2_match_data* data = matchDataOfThisThread();
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data);
    std::size_t done = 0;    // handed out so far
    std::size_t search = 0;  // where to look for the next match
    while (search < text.size()) {
        const int result = m_code->match(text, search, data);
        if (result == PCRE2_ERROR_NOMATCH) break;
        if (result < 0)
            throw Error("cannot cut the text into words: the tokenizer's pattern takes too long on it (" +
                            messageOf(result) +
                            "); leave the text out, or use the tokenizer.json that the model was made with",
                        ErrorKind::RunFailed);
        const auto [begin, end] = std::pair(bounds[0], bounds[1]);
        // \K in a lookaround may put the end before the begin.
        if (begin < done || end < begin) break;
        if (begin > done) visit(text.substr(done, begin - done), false);
        if (end > begin) visit(text.substr(begin, end - begin), true);
        done = end;
        search = end > begin ? end : nextCharacter(text, end);
    }
    if (done < text.size()) visit(text.substr(done), false);
}

std::vector<TextSpan> Regex::spans(std::string_view text) const {
    std::vector<TextSpan> spans;
    forEachSpan(text, [&spans](std::string_view span, bool isMatch) { spans.push_back({span, isMatch}); });
    return spans;
}

void Regex::isolate(std::string_view text, std::vector<std::string_view>& pieces) const {
    forEachSpan(text, [&pieces](std::string_view span, bool) { pieces.push_back(span); });
}

}  // namespace consa
