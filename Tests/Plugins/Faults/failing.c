// Fails in every callback there is, without a word.
#include "fault.h"

static int32_t fail(void *ud, martlet_event *event) {
    (void)ud, (void)event;
    return MARTLET_ERROR;
}

static void tick(void *ud, uint64_t timer) { (void)ud, (void)timer; }

static void set_up(martlet_site *site) {
    const uint32_t phases[] = {
        MARTLET_PHASE_RECEIVED, MARTLET_PHASE_DOMAIN, MARTLET_PHASE_ACCOUNT,
        MARTLET_PHASE_DELIVERY, MARTLET_PHASE_OFFLINE, MARTLET_PHASE_CLIENT,
        MARTLET_PHASE_SERVICE, MARTLET_PHASE_NONZA, MARTLET_PHASE_STREAM,
        MARTLET_PHASE_SESSION_UP, MARTLET_PHASE_SESSION_DOWN, MARTLET_PHASE_PRESENCE,
        MARTLET_PHASE_ROSTER_CHANGED, MARTLET_PHASE_USER_CREATED, MARTLET_PHASE_USER_REMOVED,
    };
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        martlet_hook hook = {
            .size = sizeof hook,
            .phase = phases[i],
            // Early; but what the tests ask with reaches the server.
            .priority = 1000,
            .match = TEXT("message[@type='chat'] | presence | iq/{urn:fault}*"),
            .run = fail,
            .mend = fail,
        };
        core->hook(site, &hook);
    }
    core->timer(site, 1, 1, tick, NULL);
}

PLUGIN("failing")
