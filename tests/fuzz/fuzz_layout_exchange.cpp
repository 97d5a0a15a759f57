// Fuzz target: layouts of other programs. The first byte picks the kind of file, 0xff stands between table and
// settings.
#include "core/layout/layout_exchange.h"
#include "tests/fuzz/fuzz_target.h"

using namespace consa;

namespace {

const char* tableName(char kind) {
    if (kind == 'd') return "full_attention_heads.tsv";
    return kind == 'p' ? "masks.tsv" : "layout.txt";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFolder folder;
    std::string_view rest = fuzz::bytesOf(data, size);
    if (rest.empty()) return 0;
    const char kind = rest.front();
    rest.remove_prefix(1);
    const auto table = folder.write(tableName(kind), fuzz::takePart(rest));
    const bool hasSettings = !rest.empty();
    if (hasSettings) folder.write("config.json", rest);
    const bool isFolder = kind == 'd' || kind == 'p';
    fuzz::accepts([&] {
        const ImportedLayout imported = readForeignLayout(isFolder ? folder.path() : table);
        const LayoutFile file = toLayoutFile(imported, {});
        if (file.layout.full.size() != static_cast<std::size_t>(file.layout.grid.unitCount())) std::abort();
        ImportChoice quarter;
        quarter.sparsity = 0.25;
        if (imported.isSoft()) fuzz::use(toLayoutFile(imported, quarter));
    });
    folder.remove(tableName(kind));
    if (hasSettings) folder.remove("config.json");
    return 0;
}
