#include "policy/replay.h"

const char *replay_outcome_text(enum replay_outcome outcome)
{
    static const char *const words[] = {
        [REPLAY_REPRODUCED] = "reproduced",
        [REPLAY_NOT_REPRODUCED] = "not-reproduced",
        [REPLAY_DIFFERENT] = "different",
        [REPLAY_UNTESTABLE] = "untestable",
    };
    return words[outcome];
}
