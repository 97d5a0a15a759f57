// Wraps PCRE2.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/text/regex.h"

#include "core/base/error.h"

#include <pcre2.h>

#include <array>
#include <utility>

namespace consa {
namespace {

struct MatchDataDeleter {
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
using MatchData = std::unique_ptr<pcre2_match_data, MatchDataDeleter>;

std::string messageOf(int code) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(code, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

/// The next match from `begin`, as begin and end; both are the text's size when there is none.
std::pair<std::size_t, std::size_t> nextMatch(const pcre2_code* code, pcre2_match_data* data, std::string_view text,
                                              std::size_t begin) {
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    const int result = pcre2_match(code, subject, text.size(), begin, PCRE2_NO_UTF_CHECK, data, nullptr);
    if (result == PCRE2_ERROR_NOMATCH) return {text.size(), text.size()};
    if (result < 0) throw Error("cannot cut the text into words: " + messageOf(result), ErrorKind::RunFailed);
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data);
    return {bounds[0], bounds[1]};
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

    pcre2_code* compiled;
};

Regex::Regex(const std::string& pattern, const std::string& source) {
    int code = 0;
    PCRE2_SIZE place = 0;
    pcre2_code* compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                         PCRE2_UTF | PCRE2_UCP, &code, &place, nullptr);
    if (compiled == nullptr) {
        throw Error("cannot use the tokenizer of " + source + ": its pattern is not understood at character " +
                    std::to_string(place) + ": " + messageOf(code));
    }
    m_code = std::make_unique<Code>(compiled);
    // Without a compiler for this machine matching goes on, only slower.
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

void Regex::forEachPiece(std::string_view text, const std::function<void(std::string_view, bool)>& visit) const {
    const MatchData data(pcre2_match_data_create_from_pattern(m_code->compiled, nullptr));
    std::size_t done = 0;    // handed out so far
    std::size_t search = 0;  // where to look for the next match
    while (search < text.size()) {
        const auto [begin, end] = nextMatch(m_code->compiled, data.get(), text, search);
        if (begin == text.size()) break;
        if (end <= begin) {
            search = nextCharacter(text, begin);
            continue;
        }
        if (begin > done) visit(text.substr(done, begin - done), false);
        visit(text.substr(begin, end - begin), true);
        done = search = end;
    }
    if (done < text.size()) visit(text.substr(done), false);
}

}  // namespace consa
