// Runs the command line program as a user does.
#pragma once

#include <QProcess>
#include <QStringList>

namespace consa::test {

struct ConsaRun {
    int exitCode = -1;
    QByteArray output, messages;
};

/// The program that CTest names; two minutes at most.
inline ConsaRun runConsa(const QStringList& arguments) {
    QProcess process;
    process.start(qEnvironmentVariable("CONSA_PROGRAM"), arguments);
    process.waitForFinished(120000);
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

}  // namespace consa::test

/// Skips the test where the program was not built.
#define REQUIRE_CONSA()                                                                                    \
    do {                                                                                                   \
        if (qEnvironmentVariableIsEmpty("CONSA_PROGRAM")) QSKIP("consa is not built (it needs LibTorch)"); \
    } while (false)
