// Rules by their ratio, learned layouts from the resources.
#include "ui/models/built_in_presets.h"

#include <QCoreApplication>
#include <QFile>
#include <array>

namespace consa {

namespace {

QString translated(const char* text) {
    return QCoreApplication::translate("consa", text);
}

struct Rule {
    int sliding;
    const char* name;
    const char* note;
};

// Checked against the models' published configurations: resources/docs/models.md.
constexpr std::array<Rule, 3> kRules{{
    {1, QT_TRANSLATE_NOOP("consa", "1:1, as gpt-oss"),
     QT_TRANSLATE_NOOP("consa", "Every second layer full; gpt-oss itself has a window of 128")},
    {3, QT_TRANSLATE_NOOP("consa", "3:1, as Command R7B"),
     QT_TRANSLATE_NOOP("consa", "Every fourth layer full; Command R7B itself has a window of 4096")},
    {5, QT_TRANSLATE_NOOP("consa", "5:1, as Gemma 3"),
     QT_TRANSLATE_NOOP("consa", "Every sixth layer full; Gemma 3 itself has a window of 1024, its 1B of 512")},
}};

struct Learned {
    const char* file;
    const char* name;
};

constexpr std::array<Learned, 6> kLearned{{
    {"heads_0.5", QT_TRANSLATE_NOOP("consa", "Learned KV heads, 50 %")},
    {"heads_0.7", QT_TRANSLATE_NOOP("consa", "Learned KV heads, 70 %")},
    {"heads_0.8", QT_TRANSLATE_NOOP("consa", "Learned KV heads, 80 %")},
    {"layers_0.5", QT_TRANSLATE_NOOP("consa", "Learned layers, 50 %")},
    {"layers_0.7", QT_TRANSLATE_NOOP("consa", "Learned layers, 70 %")},
    {"layers_0.8", QT_TRANSLATE_NOOP("consa", "Learned layers, 80 %")},
}};

LayoutFile learnedFile(const char* name) {
    const QString path = QStringLiteral(":/layouts/%1.json").arg(QLatin1String(name));
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return {};
    return layoutFileFromJson(file.readAll().toStdString(), path.toStdString());
}

}  // namespace

AttentionLayout repeatedLayers(const UnitGrid& grid, int sliding) {
    AttentionLayout layout(grid, false);
    for (int layer = 0; layer < grid.layerCount; ++layer)
        for (int unit = 0; unit < grid.unitsPerLayer(); ++unit)
            layout.setFull(layer, unit, (layer + 1) % (sliding + 1) == 0);
    return layout;
}

std::vector<BuiltInPreset> builtInPresets(const SessionSnapshot& snapshot) {
    std::vector<BuiltInPreset> presets;
    if (!snapshot.model) return presets;
    for (const Learned& learned : kLearned) {
        LayoutFile file = learnedFile(learned.file);
        if (file.layout.grid.layerCount == 0 || file.modelName != snapshot.model->name) continue;
        file.note = translated("Learned in 150 steps, seed 0; measured in resources/results").toStdString();
        presets.push_back({translated(learned.name), std::move(file)});
    }
    for (const Rule& rule : kRules) {
        LayoutFile file;
        file.modelName = snapshot.model->name;
        file.modelArchitecture = snapshot.model->architecture;
        file.layout = repeatedLayers(snapshot.model->grid(Granularity::KvHead), rule.sliding);
        file.windowTokens = snapshot.config.windowTokens;
        file.sinkTokens = snapshot.config.sinkTokens;
        file.note = translated(rule.note).toStdString();
        presets.push_back({translated(rule.name), std::move(file)});
    }
    return presets;
}

}  // namespace consa
