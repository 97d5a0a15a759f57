// Words for states, and how much text a comparison reads.
#include "core/session/session_snapshot.h"

namespace consa {

const char* toString(SessionState state) {
    switch (state) {
        case SessionState::Empty:
            return "empty";
        case SessionState::Loading:
            return "loading";
        case SessionState::Ready:
            return "ready";
        case SessionState::Training:
            return "training";
        case SessionState::Paused:
            return "paused";
        case SessionState::Evaluating:
            return "evaluating";
        case SessionState::Finished:
            return "finished";
        case SessionState::Failed:
            return "failed";
    }
    return "unknown";
}

std::int64_t defaultEvaluationTokens(const SessionSnapshot& snapshot) {
    constexpr std::int64_t kTokensOnCpu = 8192, kDemoTokensOnCpu = 32768;
    if (snapshot.device.isGpu) return 0;
    return snapshot.modelPath == "demo" ? kDemoTokensOnCpu : kTokensOnCpu;
}

}  // namespace consa
