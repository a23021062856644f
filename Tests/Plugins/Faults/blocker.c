// Blocks the thread that it is called on for a second.
#define _POSIX_C_SOURCE 200809L
#include "fault.h"

#include <time.h>

static int32_t block(void *ud, martlet_event *event) {
    (void)ud;
    struct timespec second = {.tv_sec = 1};
    core->log(event->site, MARTLET_LOG_INFO, TEXT("blocking"));
    nanosleep(&second, NULL);
    core->log(event->site, MARTLET_LOG_INFO, TEXT("blocked"));
    return MARTLET_CONTINUE;
}

static void set_up(martlet_site *site) {
    martlet_hook hook = {
        .size = sizeof hook,
        .phase = MARTLET_PHASE_RECEIVED,
        .match = TEXT("message[@type='headline']"),
        .run = block,
    };
    core->hook(site, &hook);
}

PLUGIN("blocker")
