// consa: the engine without a window. Exit codes: 0 done, 1 failed at run time, 2 usage or bad input.
#include "app/headless/commands.h"
#include "core/base/error.h"
#include "core/base/version.h"

#include <fmt/format.h>

namespace {

constexpr int kRunFailedCode = 1;
constexpr int kBadInputCode = 2;

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Learns which attention heads of a language model may slide, and compares layouts.", "consa");
    app.set_version_flag("--version", consa::kVersion);
    app.require_subcommand(1);
    consa::ChosenCommand chosen;
    consa::addInfoCommand(app, chosen);
    consa::addLearnCommand(app, chosen);
    consa::addSweepCommand(app, chosen);
    consa::addEvaluateCommand(app, chosen);
    consa::addFrontierCommand(app, chosen);
    consa::addPatternsCommand(app, chosen);
    consa::addPasskeyCommand(app, chosen);
    consa::addRecoverCommand(app, chosen);
    consa::addConvertCommand(app, chosen);
    consa::addPretrainCommand(app, chosen);
    consa::addBenchCommand(app, chosen);
    try {
        app.parse(argc, argv);
        chosen();
        return 0;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kBadInputCode;
    } catch (const consa::Error& error) {
        fmt::print(stderr, "consa: {}\n", error.what());
        return error.kind() == consa::ErrorKind::BadInput ? kBadInputCode : kRunFailedCode;
    } catch (const std::exception& error) {
        fmt::print(stderr, "consa: {}\n", error.what());
        return kRunFailedCode;
    }
}
