// Makes messages safe to show.
#include "core/base/error.h"

namespace consa {
namespace {

constexpr std::size_t kLongest = 4000;  // room for a path or two (taste)

bool isContinuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

bool isControl(char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return (value < 0x20 && byte != '\n' && byte != '\t') || value == 0x7f;
}

/// U+0080 to U+009F, which terminals obey too.
bool isLateControl(const std::string& text, std::size_t at) {
    if (at + 1 >= text.size() || static_cast<unsigned char>(text[at]) != 0xc2) return false;
    const auto value = static_cast<unsigned char>(text[at + 1]);
    return value >= 0x80 && value <= 0x9f;
}

/// Without its middle, cut between characters.
std::string shortened(const std::string& text) {
    std::size_t head = kLongest / 2;
    std::size_t tail = text.size() - kLongest / 2;
    while (head > 0 && isContinuation(text[head])) --head;
    while (tail < text.size() && isContinuation(text[tail])) ++tail;
    return text.substr(0, head) + " [...] " + text.substr(tail);
}

}  // namespace

std::string readableMessage(std::string message) {
    if (message.size() > kLongest) message = shortened(message);
    for (std::size_t i = 0; i < message.size(); ++i) {
        if (isLateControl(message, i)) message[i] = message[i + 1] = '?';
        if (isControl(message[i])) message[i] = '?';
    }
    return message;
}

}  // namespace consa
