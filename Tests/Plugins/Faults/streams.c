// Looks at streams without a resource, as plugins of version 1.0 did too, and ends them, also where there
// is none to end.
#include "fault.h"

static int32_t look(void *ud, martlet_event *event) {
    (void)ud;
    // As large as it was in version 1.0, with something behind it that is nobody's business.
    struct { martlet_stream stream; } old = {.stream = {.size = 56, .sasl_failures = 4711}};
    say(event->site, "an old stream", core->stream(event, &old.stream));
    say(event->site, "behind an old stream", old.stream.sasl_failures);
    martlet_stream stream = {.size = sizeof stream};
    say(event->site, "a stream", core->stream(event, &stream));
    say(event->site, "failures", stream.sasl_failures);
    stream.size = 8;
    say(event->site, "a stream cut short", core->stream(event, &stream));
    return MARTLET_HANDLED;
}

static int32_t end(void *ud, martlet_event *event) {
    (void)ud;
    say(event->site, "an end of no kind", core->stream_close(event, TEXT("rubbish")));
    say(event->site, "no end", core->stream_close(event, (martlet_str){0}));
    say(event->site, "nobody's end", core->stream_close(NULL, TEXT("reset")));
    core->stream_send(event, TEXT("<unsent xmlns='urn:fault'/>"));
    say(event->site, "an end", core->stream_close(event, TEXT("policy-violation")));
    return MARTLET_HANDLED;
}

// Asks for the end of a stream, and goes on all the same.
static int32_t waver(void *ud, martlet_event *event) {
    (void)ud;
    core->stream_close(event, TEXT("reset"));
    return MARTLET_ERROR;
}

static int32_t elsewhere(void *ud, martlet_event *event) {
    (void)ud;
    say(event->site, "an end elsewhere", core->stream_close(event, TEXT("reset")));
    return MARTLET_HANDLED;
}

static void at_stream(martlet_site *site, const char *match, martlet_hook_fn run) {
    martlet_hook hook = {
        .size = sizeof hook,
        .phase = MARTLET_PHASE_STREAM,
        .match = {match, strlen(match)},
        .run = run,
    };
    core->hook(site, &hook);
}

static void set_up(martlet_site *site) {
    at_stream(site, "iq/{urn:fault}look", look);
    at_stream(site, "iq/{urn:fault}end", end);
    at_stream(site, "iq/{urn:fault}waver", waver);
    on_request(site, "elsewhere", elsewhere, 0);
}

PLUGIN("streams")
