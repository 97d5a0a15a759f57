// Reads the demo's weights out of the program itself.
#include "core/checkpoint/embedded_checkpoint.h"

#include "core/base/error.h"
#include "core/checkpoint/safetensors_checkpoint.h"
#include "core/demo/demo_model.h"

namespace consa {

std::unique_ptr<Checkpoint> openEmbeddedCheckpoint() {
    const std::string source = "embedded demo model";
    SafetensorsFile file(demoModelBytes(), source);
    const auto config = file.metadata().find("config");
    if (config == file.metadata().end()) {
        throw Error("this program was built without the demo's weights: build it again with a trained demo model",
                    ErrorKind::RunFailed);
    }
    SafetensorsModel model;
    model.config = modelConfigFromJson(config->second, source);
    model.format = "embedded";
    model.source = source;
    model.files.push_back(std::move(file));
    return makeSafetensorsCheckpoint(std::move(model));
}

}  // namespace consa
