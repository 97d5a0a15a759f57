// Finds the embedded weights.
#include "core/demo/demo_model.h"

extern "C" const char consa_demo_model_begin[];
extern "C" const char consa_demo_model_end[];

namespace consa {

std::string_view demoModelBytes() {
    return {consa_demo_model_begin, static_cast<std::size_t>(consa_demo_model_end - consa_demo_model_begin)};
}

}  // namespace consa
