// Looks at what comes from other servers, and reaches for what cannot be had there.
#include "fault.h"

static void seen(void *ud, const martlet_session *session) { (void)ud, (void)session; }

static int32_t look(void *ud, martlet_event *event) {
    (void)ud;
    say(event->site, "phase", event->phase);
    say(event->site, "session", (long)event->session);
    say(event->site, "token", (long)core->pend(event));
    say(event->site, "account", (long)core->account(event->place).len);
    say(event->site, "sessions", core->sessions(event->place, seen, NULL));
    if (event->type == MARTLET_TYPE_HEADLINE) return MARTLET_HANDLED;
    if (event->type == MARTLET_TYPE_NORMAL) return MARTLET_PENDING;
    if (event->type == MARTLET_TYPE_GROUPCHAT) {
        martlet_error error = {.condition = TEXT("policy-violation")};
        return core->fail(event, &error);
    }
    return MARTLET_CONTINUE;
}

static void set_up(martlet_site *site) {
    martlet_hook hook = {
        .size = sizeof hook,
        .phase = MARTLET_PHASE_ELSEWHERE,
        .match = TEXT("message"),
        .run = look,
    };
    core->hook(site, &hook);
}

PLUGIN("elsewhere")
