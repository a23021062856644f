// Uses a place when it is over, and on a thread that is not its own.
#include "fault.h"

#include <pthread.h>

static martlet_place *kept;

static int32_t keep(void *ud, martlet_event *event) {
    (void)ud;
    kept = event->place;
    return MARTLET_HANDLED;
}

static int drops;

static void count_session(void *ud, const martlet_session *session) {
    (void)session;
    ++*(int *)ud;
}

static void dropped(void *value) { (void)value; drops++; }

static void try_all(martlet_site *site, martlet_place *place, const char *when) {
    char what[60];
    int sessions = 0;
#define TRY(name, call)                                                                           \
    snprintf(what, sizeof what, "%s, " name, when);                                               \
    say(site, what, (long)(call))
    martlet_stanza *stanza = core->parse(TEXT("<message xmlns='jabber:client'/>"));
    TRY("account", core->account(place).len);
    TRY("sessions", core->sessions(place, count_session, &sessions));
    TRY("seen", sessions);
    TRY("send", core->send(site, place, 1, stanza));
    TRY("send_nonza", core->send_nonza(site, place, 1, TEXT("<r xmlns='urn:xmpp:sm:3'/>")));
    TRY("state", core->state(site, place, 0) != NULL);
    TRY("set_state", core->set_state(site, place, 0, stanza, dropped));
    TRY("drops", drops);
    TRY("close", core->close(site, place, 1, TEXT("conflict")));
    core->release(stanza);
}

// From a timer, which has no place of its own.
static void after(void *site, uint64_t timer) {
    (void)timer;
    try_all(site, kept, "after the call");
}

static int32_t use_late(void *ud, martlet_event *event) {
    (void)ud;
    core->timer(event->site, 0, 0, after, event->site);
    return MARTLET_HANDLED;
}

typedef struct elsewhere {
    martlet_site *site;
    martlet_place *place;
} elsewhere;

static void *on_another_thread(void *ud) {
    elsewhere *used = ud;
    try_all(used->site, used->place, "on another thread");
    return NULL;
}

// The place is good, and this call waits: but it is lent to this thread alone.
static int32_t use_elsewhere(void *ud, martlet_event *event) {
    (void)ud;
    elsewhere used = {event->site, event->place};
    pthread_t thread;
    if (pthread_create(&thread, NULL, on_another_thread, &used) != 0) return MARTLET_ERROR;
    pthread_join(thread, NULL);
    return MARTLET_HANDLED;
}

static void set_up(martlet_site *site) {
    on_request(site, "keep", keep, 0);
    on_request(site, "late", use_late, 0);
    on_request(site, "elsewhere", use_elsewhere, 0);
}

PLUGIN("places")
