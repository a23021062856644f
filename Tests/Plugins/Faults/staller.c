// Lets one kind of message wait until another kind comes, from whomever.
#include "fault.h"

#include <stdatomic.h>

static _Atomic martlet_token held;

static int32_t stall(void *ud, martlet_event *event) {
    (void)ud;
    martlet_token token = core->pend(event);
    if (!token) return MARTLET_ERROR;
    atomic_store(&held, token);
    core->log(event->site, MARTLET_LOG_INFO, TEXT("stalling"));
    return MARTLET_PENDING;
}

static int32_t go_on(void *ud, martlet_event *event) {
    (void)ud;
    martlet_outcome outcome = {.size = sizeof outcome, .verdict = MARTLET_CONTINUE};
    core->complete(atomic_exchange(&held, 0), &outcome);
    return core->reply(event, (martlet_str){NULL, 0}) == MARTLET_OK ? MARTLET_HANDLED : MARTLET_ERROR;
}

static void set_up(martlet_site *site) {
    martlet_hook hook = {
        .size = sizeof hook,
        .phase = MARTLET_PHASE_RECEIVED,
        .match = TEXT("message[@type='headline']"),
        .run = stall,
        // As long as may be: what ends its waiting is the test, however long that takes.
        .timeout_ms = 300000,
    };
    core->hook(site, &hook);
    on_request(site, "go-on", go_on, 0);
}

PLUGIN("staller")
