// Two handlers of one plugin for the same stanzas, and no order between them.
#include "fault.h"

static int32_t go_on(void *ud, martlet_event *event) {
    (void)ud, (void)event;
    return MARTLET_CONTINUE;
}

static void set_up(martlet_site *site) {
    martlet_hook hook = {
        .size = sizeof hook, .phase = MARTLET_PHASE_RECEIVED, .match = TEXT("message"), .run = go_on};
    core->hook(site, &hook);
    core->hook(site, &hook);
}

PLUGIN("tied")
