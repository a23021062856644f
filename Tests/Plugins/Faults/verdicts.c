// Handlers that decide rubbish, twice, too late or never.
#define STOP stop_then_complete
#include "fault.h"

static int32_t rubbish(void *ud, martlet_event *event) {
    (void)ud, (void)event;
    return 77;
}

static int32_t no_token(void *ud, martlet_event *event) {
    (void)ud, (void)event;
    return MARTLET_PENDING;
}

// Fails, and does not say how.
static int32_t wordless(void *ud, martlet_event *event) {
    (void)ud, (void)event;
    return MARTLET_ERROR;
}

// Fails with a condition that no standard knows, and a type that is none.
static int32_t odd_error(void *ud, martlet_event *event) {
    (void)ud;
    martlet_error error = {
        .condition = TEXT("broken-heart"), .type = TEXT("sad"), .extra = TEXT("<not xml")};
    return core->fail(event, &error);
}

static int32_t odd_reply(void *ud, martlet_event *event) {
    (void)ud;
    say(event->site, "a reply of rubbish", core->reply(event, TEXT("<not<xml")));
    say(event->site, "a reply of bytes", core->reply(event, TEXT("\xff\xfe\x00<a/>")));
    return MARTLET_HANDLED;
}

// Completes before it has said that it waits, then again.
static int32_t twice(void *ud, martlet_event *event) {
    (void)ud;
    martlet_token token = core->pend(event);
    martlet_outcome outcome = {
        .size = sizeof outcome,
        .verdict = MARTLET_HANDLED,
        .payload = TEXT("<once xmlns='urn:fault'/>"),
    };
    say(event->site, "the first completion", core->complete(token, &outcome));
    outcome.payload = TEXT("<again xmlns='urn:fault'/>");
    say(event->site, "the second completion", core->complete(token, &outcome));
    return MARTLET_PENDING;
}

// Takes a token, decides at once all the same, and completes what is no more.
static int32_t changed_mind(void *ud, martlet_event *event) {
    (void)ud;
    core->pend(event);
    return MARTLET_HANDLED;
}

static int32_t odd_completion(void *ud, martlet_event *event) {
    (void)ud;
    martlet_token token = core->pend(event);
    martlet_outcome outcome = {.size = sizeof outcome, .verdict = -5};
    martlet_outcome cut = {.size = 4, .verdict = MARTLET_HANDLED};
    martlet_outcome unread = {
        .size = sizeof unread, .verdict = MARTLET_HANDLED, .payload = TEXT("<a>")};
    say(event->site, "a completion cut short", core->complete(token, &cut));
    say(event->site, "a completion with rubbish", core->complete(token, &unread));
    say(event->site, "no completion", core->complete(token, NULL));
    say(event->site, "an odd completion", core->complete(token, &outcome));
    return MARTLET_PENDING;
}

// Answers as if the request were a command.
static int32_t answered(void *ud, martlet_event *event) {
    (void)ud;
    core->answer(core->pend(event), 0, NULL, 0, TEXT("done"));
    return MARTLET_PENDING;
}

static martlet_token forgotten;
static martlet_site *forgotten_at;

static int32_t never(void *ud, martlet_event *event) {
    (void)ud;
    forgotten = core->pend(event);
    forgotten_at = event->site;
    core->log(event->site, MARTLET_LOG_INFO, TEXT("waiting"));
    return MARTLET_PENDING;
}

// Completes what was never completed before, when its time is over.
static int32_t late(void *ud, martlet_event *event) {
    (void)ud;
    martlet_outcome outcome = {.size = sizeof outcome, .verdict = MARTLET_HANDLED};
    say(event->site, "a late completion", core->complete(forgotten, &outcome));
    return MARTLET_HANDLED;
}

// Tokens that nobody gave out.
static int32_t made_up(void *ud, martlet_event *event) {
    (void)ud;
    martlet_outcome outcome = {.size = sizeof outcome, .verdict = MARTLET_HANDLED};
    const martlet_token tokens[] = {0, 1, 4711, UINT64_MAX, UINT64_C(1) << 63};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        say(event->site, "a token made up", core->complete(tokens[i], &outcome));
    }
    return MARTLET_HANDLED;
}

// Acts at a domain where it has been stopped; asked at another, where it has not.
static int32_t past(void *ud, martlet_event *event) {
    (void)ud;
    martlet_site *site = forgotten_at;
    martlet_stanza *stanza =
        core->parse(TEXT("<message xmlns='jabber:client' to='romeo@montague.example'/>"));
    say(event->site, "a stanza after stop", core->route(site, stanza));
    core->release(stanza);
    say(event->site, "a handler after stop", (long)on_request(site, "after", rubbish, 0));
    say(event->site, "an interface after stop", core->query(site, TEXT("martlet.store/1")) != NULL);
    say(event->site, "a timer after stop", (long)core->timer(site, 1, 0, NULL, NULL));
    return MARTLET_HANDLED;
}

static void stop_then_complete(void *instance, void (*done)(void *ud), void *done_ud) {
    done(done_ud);
    done(done_ud); // and says twice that it has stopped
    if (instance != forgotten_at) return;
    martlet_outcome outcome = {.size = sizeof outcome, .verdict = MARTLET_HANDLED};
    say(instance, "a completion after stop", core->complete(forgotten, &outcome));
}

static void set_up(martlet_site *site) {
    on_request(site, "rubbish", rubbish, 0);
    on_request(site, "no-token", no_token, 0);
    on_request(site, "wordless", wordless, 0);
    on_request(site, "odd-error", odd_error, 0);
    on_request(site, "odd-reply", odd_reply, 0);
    on_request(site, "twice", twice, 0);
    on_request(site, "changed-mind", changed_mind, 0);
    on_request(site, "odd-completion", odd_completion, 0);
    on_request(site, "answered", answered, 0);
    on_request(site, "never", never, 50);
    on_request(site, "forever", never, 0);
    on_request(site, "late", late, 0);
    on_request(site, "past", past, 0);
    on_request(site, "made-up", made_up, 0);
}

PLUGIN("verdicts")
