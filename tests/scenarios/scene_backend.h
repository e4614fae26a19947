/*
 * The backend of the scenarios: answers from a scene, in a loop with a clock of its own.
 */
#ifndef SCENARIOS_SCENE_BACKEND_H
#define SCENARIOS_SCENE_BACKEND_H

#include "loop.h"
#include "scene.h"

struct scene_backend {
    struct scene *scene;
    struct loop loop;
    unsigned open;     /* questions, sessions and fetches under way */
    unsigned failures; /* of scripts that were not followed */
};

struct backend scene_backend(struct scene_backend *backend);

#endif
