// Words for the session's states.
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

}  // namespace consa
