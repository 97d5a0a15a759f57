// Times reading, opening and loading a model.
#include "core/evaluation/load_benchmark.h"

#include "core/base/error.h"
#include "core/base/folder_content.h"
#include "core/checkpoint/checkpoint.h"
#include "core/model/transformer_loader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

namespace consa {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxRepeats = 1000;
constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;  // larger ones fall out of the processor's cache
constexpr std::string_view kFirstShard = "-00001-of-00002";  // its length: any count of parts has five digits

/// The files that hold the weights: one, the parts of a split GGUF model, or a folder's safetensors.
std::vector<fs::path> weightFiles(const fs::path& model) {
    const bool isFolder = fs::is_directory(model);
    const std::string stem = model.stem().string();
    const bool isSplit = stem.size() > kFirstShard.size() &&
                         stem.substr(stem.size() - kFirstShard.size(), 10) == kFirstShard.substr(0, 10);
    if (!isFolder && !isSplit) return {model};
    const std::string prefix = isFolder ? "" : stem.substr(0, stem.size() - kFirstShard.size() + 1);
    std::vector<fs::path> files;
    const fs::path folder = isFolder ? model : fs::absolute(model).parent_path();
    std::error_code code;
    for (const std::string& name : namesIn(folder, code)) {
        if (name.ends_with(isFolder ? ".safetensors" : ".gguf") && name.starts_with(prefix))
            files.push_back(folder / name);
    }
    return files;
}

/// Reads a file from beginning to end and returns its bytes' number.
std::int64_t readWhole(const fs::path& path, std::vector<char>& buffer) {
    const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::int64_t total = 0;
    ssize_t count = handle < 0 ? -1 : 1;
    while (count > 0) {
        count = ::read(handle, buffer.data(), buffer.size());
        total += std::max<ssize_t>(count, 0);
    }
    if (handle >= 0) ::close(handle);
    if (count < 0) throw Error("cannot read the model file " + path.string() + ": check that it is still there");
    return total;
}

/// The shortest of several runs, in seconds.
double fastest(int repeats, const std::function<void()>& work) {
    double best = 0;
    for (int i = 0; i < repeats; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        best = i == 0 ? seconds : std::min(best, seconds);
    }
    return best;
}

void finishDeviceWork(const torch::Device& device) {
    if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

void requireValid(const LoadBenchmark& benchmark) {
    if (benchmark.model == "demo")
        throw Error("--model demo is embedded and has no file to read; name a GGUF file or a folder");
    if (benchmark.repeats < 1 || benchmark.repeats > kMaxRepeats) {
        throw Error("--repeats " + std::to_string(benchmark.repeats) + " is out of range; use 1 to " +
                    std::to_string(kMaxRepeats));
    }
}

}  // namespace

LoadTimes measureLoading(const LoadBenchmark& benchmark) {
    requireValid(benchmark);
    const torch::Device device = deviceFromString(benchmark.device);
    const torch::ScalarType type = scalarType(benchmark.dataType, device, false);
    const std::string path = resolveModelPath(benchmark.model);
    const std::unique_ptr<Checkpoint> checkpoint = openCheckpoint(path);  // before all else: says what is wrong
    LoadTimes times;
    times.format = checkpoint->format();
    times.device = device.str();
    times.dataType = toString(type == torch::kBFloat16 ? DataType::BFloat16 : DataType::Float32);
    times.weightBytes = checkpoint->config().parameterCount() * static_cast<std::int64_t>(c10::elementSize(type));
    const std::vector<fs::path> files = weightFiles(path);
    std::vector<char> buffer(kBufferBytes);
    for (const fs::path& file : files) {
        times.files.push_back(file.string());
        times.fileBytes += readWhole(file, buffer);
    }
    const torch::Tensor started = torch::zeros({1}, device);  // a GPU's first use costs seconds of its own
    finishDeviceWork(device);
    times.readSeconds = fastest(benchmark.repeats, [&] {
        for (const fs::path& file : files) static_cast<void>(readWhole(file, buffer));
    });
    times.openSeconds = fastest(benchmark.repeats, [&] { static_cast<void>(openCheckpoint(path)); });
    times.loadSeconds = fastest(benchmark.repeats, [&] {
        const Transformer loaded = loadTransformer(*openCheckpoint(path), device, type);
        finishDeviceWork(device);
    });
    return times;
}

}  // namespace consa
