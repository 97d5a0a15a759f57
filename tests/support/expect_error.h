// Checks that a call throws consa::Error with words that help.
#pragma once

#include "core/base/error.h"

#include <exception>
#include <string>

namespace consa::test {

/// The sentence of the consa::Error that `call` throws; "" when it throws none, and what was thrown for other types.
template <typename Call>
std::string errorOf(Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    } catch (const std::exception& error) {
        return std::string("(another exception) ") + error.what();
    }
    return "";
}

}  // namespace consa::test

/// Verifies that `expression` throws consa::Error whose sentence holds `words`.
#define VERIFY_ERROR(expression, words)                                                                       \
    do {                                                                                                      \
        const std::string sentence = consa::test::errorOf([&] { static_cast<void>(expression); });            \
        QVERIFY2(sentence.find(words) != std::string::npos && sentence.find("(another") == std::string::npos, \
                 ("the error was: " + sentence).c_str());                                                     \
    } while (false)
