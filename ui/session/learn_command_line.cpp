// Options of `consa learn`, only those that say something.
#include "ui/session/learn_command_line.h"

#include <QLocale>
#include <QRegularExpression>
#include <QStringList>
#include <filesystem>

namespace consa {

namespace {

QString wordOf(const std::string& value) {
    return QString::fromStdString(value);
}
QString wordOf(int value) {
    return QString::number(value);
}
QString wordOf(std::uint64_t value) {
    return QString::number(value);
}
QString wordOf(double value) {
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}
template <typename Choice>
requires std::is_enum_v<Choice> QString wordOf(Choice value) {
    return QString::fromStdString(toString(value));
}

/// A command, option by option, each with its values and quoted as it comes in.
class Command {
public:
    void add(const char* option, const QString& value) {
        m_parts << QLatin1String(option) + QLatin1Char(' ') + shellQuoted(value);
    }
    template <typename Value>
    void addUnless(const char* option, const Value& value, const Value& usual) {
        if (value != usual) add(option, wordOf(value));
    }
    void addTexts(const TrainingConfig& config) {
        const std::vector<std::string> usual{config.model == "demo" ? "demo" : "default"};
        if (config.corpus != usual) {
            QString part = QStringLiteral("--corpus");
            for (const std::string& text : config.corpus) part += QLatin1Char(' ') + shellQuoted(wordOf(text));
            m_parts << part;
        }
        const CorpusOptions none;
        addUnless("--field", config.text.jsonField, none.jsonField);
        if (config.text.packsDocuments) m_parts << QStringLiteral("--pack");
        addUnless("--split-seed", config.text.splitSeed, none.splitSeed);
    }

    [[nodiscard]] QString text(int columns) const {
        QString text = m_parts.front();
        qsizetype lineBegin = 0;
        for (const QString& part : m_parts.mid(1)) {
            const bool isFull = columns > 0 && text.size() + part.size() + 3 - lineBegin > columns;
            if (isFull) lineBegin = text.size() + 3;
            text += isFull ? QStringLiteral(" \\\n  ") + part : QLatin1Char(' ') + part;
        }
        return text;
    }

private:
    QStringList m_parts{QStringLiteral("consa learn")};
};

/// What the constraint is about; no part of a run that holds a layout.
void addConstraint(Command& command, const TrainingConfig& config, const TrainingConfig& defaults) {
    command.addUnless("--scope", config.scope, defaults.scope);
    command.addUnless("--method", config.method, defaults.method);
    command.addUnless("--sparsity-estimate", config.sparsityEstimate, defaults.sparsityEstimate);
    for (const Pin& pin : config.pins) command.add("--pin", wordOf(toString(pin)));
    command.addUnless("--target", config.target, defaults.target);
    for (const TargetMove& move : config.moves) command.add("--move", wordOf(toString(move)));
    if (!config.moves.empty()) command.addUnless("--ramp", config.rampSteps, defaults.rampSteps);
}

void addChoices(Command& command, const TrainingConfig& config, const TrainingConfig& defaults) {
    command.addUnless("--mode", config.mode, defaults.mode);
    if (config.mode == LearningMode::Recover) command.add("--layout", wordOf(config.layout));
    command.addUnless("--granularity", config.granularity, defaults.granularity);
    command.addUnless("--loss", config.loss, defaults.loss);
    if (config.mode != LearningMode::Recover) addConstraint(command, config, defaults);
    command.addUnless("--window", config.windowTokens, defaults.windowTokens);
    command.addUnless("--sinks", config.sinkTokens, defaults.sinkTokens);
    command.addUnless("--context", config.contextTokens, defaults.contextTokens);
    command.addUnless("--batch", config.batchSize, defaults.batchSize);
    command.addUnless("--steps", config.stepCount, defaults.stepCount);
    command.addUnless("--seed", config.seed, defaults.seed);
}

void addGateRates(Command& command, const TrainingConfig& config, const TrainingConfig& defaults) {
    command.addUnless("--lr", config.gateLearningRate, defaults.gateLearningRate);
    command.addUnless("--warmup-share", config.warmupShare, defaults.warmupShare);
    command.addUnless("--multiplier-rate", config.multiplierRate, defaults.multiplierRate);
    command.addUnless("--quadratic-weight", config.quadraticWeight, defaults.quadraticWeight);
    command.addUnless("--hold-share", config.holdShare, defaults.holdShare);
}

void addWeightRates(Command& command, const TrainingConfig& config, const TrainingConfig& defaults) {
    command.addUnless("--weight-lr", config.weightLearningRate, defaults.weightLearningRate);
    command.addUnless("--weight-decay", config.weightDecay, defaults.weightDecay);
    command.addUnless("--clip", config.gradientClip, defaults.gradientClip);
    command.addUnless("--lora-rank", config.loraRank, defaults.loraRank);
    if (config.loraRank > 0) command.addUnless("--lora-alpha", config.loraAlpha, defaults.loraAlpha);
}

}  // namespace

QString shellQuoted(const QString& word) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_./:=,+@%-]+$"));
    if (plain.match(word).hasMatch()) return word;
    QString inside = word;
    return QLatin1Char('\'') + inside.replace(QLatin1Char('\''), QStringLiteral("'\\''")) + QLatin1Char('\'');
}

QString learnCommandLine(const TrainingConfig& config, const TrainingConfig& defaults, int columns) {
    Command command;
    command.add("--model", wordOf(config.model));
    command.addTexts(config);
    command.addUnless("--device", config.device, std::string("auto"));
    command.addUnless("--dtype", config.dataType, defaults.dataType);
    addChoices(command, config, defaults);
    if (config.mode != LearningMode::Recover) addGateRates(command, config, defaults);
    if (config.mode != LearningMode::Gates) addWeightRates(command, config, defaults);
    command.add("--out", QStringLiteral("runs/") + wordOf(std::filesystem::path(config.model).stem().string()));
    return command.text(columns);
}

}  // namespace consa
