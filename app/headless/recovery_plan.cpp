// One config and folder a layout.
#include "app/headless/recovery_plan.h"

#include "core/base/error.h"
#include "core/layout/layout_patterns.h"
#include "core/session/run_folder.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace consa {

namespace {

PlannedRecovery planned(TrainingConfig config, const EvaluatedLayout& one) {
    if (one.sensitivitySparsity)
        throw Error("the layout " + one.name + " has to be measured first; name a layout file or another rule");
    config.layout = one.name;
    if (one.windowTokens > 0) config.windowTokens = one.windowTokens;
    if (one.sinkTokens >= 0) config.sinkTokens = one.sinkTokens;
    config.target = one.layout.sparsity();
    requireValid(config);
    return {std::move(config), one.layout.perKvHead(), {}};
}

}  // namespace

std::string recoveryFolderName(const std::string& layout) {
    std::string name = layout;
    if (!isLayoutRule(layout)) {
        std::filesystem::path path = std::filesystem::path(layout).lexically_normal();
        if (path.filename().empty() || path.filename() == "layout.json") path = path.parent_path();
        name = path.extension() == ".json" ? path.stem().string() : path.filename().string();
    }
    const auto isPlain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; };
    std::replace_if(
        name.begin(), name.end(), [&](char c) { return !isPlain(static_cast<unsigned char>(c)); }, '-');
    return name.empty() || name.front() == '.' ? "layout" + name : name;
}

std::vector<PlannedRecovery> planRecoveries(const TrainingConfig& config, const std::vector<EvaluatedLayout>& layouts,
                                            const ModelConfig& model, const std::filesystem::path& out) {
    EvaluatedLayout full{"full", AttentionLayout(model.grid(Granularity::KvHead), true)};
    std::vector<PlannedRecovery> runs{planned(config, full)};
    for (const EvaluatedLayout& one : layouts)
        if (one.name != full.name) runs.push_back(planned(config, one));
    std::set<std::string> taken;
    for (PlannedRecovery& run : runs) {
        const std::string name = recoveryFolderName(run.config.layout);
        std::string free = name;
        for (int i = 2; !taken.insert(free).second; ++i) free = name + "-" + std::to_string(i);
        run.folder = out / free;
    }
    return runs;
}

void requireSameRun(const PlannedRecovery& run) {
    const RunFolder folder = RunFolder::open(run.folder);
    if (folder.record().config == run.config && folder.loadHeldLayout() == run.layout) return;
    throw Error(run.folder.string() + " holds a run that was started with other options, or whose layout file has " +
                "changed since; name another folder with --out, or give the options that it was started with");
}

}  // namespace consa
