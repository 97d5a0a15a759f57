// The subcommands of consa: each adds itself to the command line.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>

namespace consa {

/// What --window and --sinks accept.
inline const CLI::Range kWindowRange(1, 1 << 30);
inline const CLI::Range kSinksRange(0, 1 << 30);

/// Set by the subcommand that was chosen; carries it out.
using ChosenCommand = std::function<void()>;

void addInfoCommand(CLI::App& app, ChosenCommand& chosen);
void addLearnCommand(CLI::App& app, ChosenCommand& chosen);
void addSweepCommand(CLI::App& app, ChosenCommand& chosen);
void addEvaluateCommand(CLI::App& app, ChosenCommand& chosen);
void addFrontierCommand(CLI::App& app, ChosenCommand& chosen);
void addPatternsCommand(CLI::App& app, ChosenCommand& chosen);
void addPasskeyCommand(CLI::App& app, ChosenCommand& chosen);
void addConvertCommand(CLI::App& app, ChosenCommand& chosen);
void addPretrainCommand(CLI::App& app, ChosenCommand& chosen);
void addRecoverCommand(CLI::App& app, ChosenCommand& chosen);
void addBenchCommand(CLI::App& app, ChosenCommand& chosen);

}  // namespace consa
