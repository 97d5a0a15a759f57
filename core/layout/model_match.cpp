// Compares models by name: the file holds no more about its model than name, type and shape.
#include "core/layout/model_match.h"

namespace consa {

namespace {

/// Letters and digits in lower case: GGUF files write "SmolLM2 135M Instruct", folders "SmolLM2-135M-Instruct".
std::string plain(const std::string& name) {
    std::string result;
    for (const char c : name) {
        const bool isUpper = c >= 'A' && c <= 'Z';
        const bool isKept = isUpper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
        if (isKept) result += isUpper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return result;
}

}  // namespace

bool isSameModelName(const std::string& left, const std::string& right) {
    return left.empty() || right.empty() || plain(left) == plain(right);
}

std::string otherModelWarning(const LayoutFile& file, const std::string& model, const std::string& source) {
    if (isSameModelName(file.modelName, model)) return "";
    return source + " was made with " + file.modelName + ", the open model is " + model +
           ": its heads do other work, so the layout may not suit it";
}

}  // namespace consa
