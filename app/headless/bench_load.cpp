// Prints the times of reading, opening and loading a model.
#include "app/headless/bench_load.h"

#include "app/headless/headless_session.h"
#include "core/base/byte_text.h"
#include "core/evaluation/load_benchmark.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace consa {
namespace {

/// Seconds, and the files' bytes over them.
nlohmann::json rate(double seconds, std::int64_t bytes) {
    return {{"seconds", seconds}, {"fileBytesPerSecond", static_cast<double>(bytes) / seconds}};
}

void benchLoad(const LoadBenchmark& benchmark) {
    const LoadTimes times = measureLoading(benchmark);
    writeJsonLine(nlohmann::json{{"event", "done"},
                                 {"model", benchmark.model},
                                 {"files", times.files},
                                 {"format", times.format},
                                 {"device", times.device},
                                 {"dataType", times.dataType},
                                 {"repeats", benchmark.repeats},
                                 {"pageCache", "warm"},
                                 {"fileBytes", times.fileBytes},
                                 {"weightBytes", times.weightBytes},
                                 {"read", rate(times.readSeconds, times.fileBytes)},
                                 {"open", rate(times.openSeconds, times.fileBytes)},
                                 {"load", rate(times.loadSeconds, times.fileBytes)},
                                 {"loadOverRead", times.loadSeconds / times.readSeconds}}
                      .dump());
    fmt::print(stderr,
               "{} ready on {} as {} in {:.3f} s ({} of weights); opening alone takes {:.4f} s, a plain "
               "read {:.3f} s. Files in the page cache, fastest of {}.\n",
               byteText(static_cast<double>(times.fileBytes)), times.device, times.dataType, times.loadSeconds,
               byteText(static_cast<double>(times.weightBytes)), times.openSeconds, times.readSeconds,
               benchmark.repeats);
}

}  // namespace

void addBenchLoad(CLI::App& bench, ChosenCommand& chosen) {
    CLI::App* command = bench.add_subcommand("load", "Times loading a model beside a plain read of its files.");
    const auto benchmark = std::make_shared<LoadBenchmark>();
    const auto type = std::make_shared<std::string>(toString(benchmark->dataType));
    command->add_option("--model", benchmark->model, "default, a .gguf file or a Hugging Face folder")
        ->capture_default_str();
    command->add_option("--device", benchmark->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command->add_option("--dtype", *type, "auto, float32 or bfloat16")->capture_default_str();
    command->add_option("--repeats", benchmark->repeats, "the fastest counts")->capture_default_str();
    command->callback([benchmark, type, &chosen] {
        chosen = [benchmark, type] {
            benchmark->dataType = dataTypeFromString(*type);
            benchLoad(*benchmark);
        };
    });
}

}  // namespace consa
