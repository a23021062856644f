// Keeps a service, echo.: repeats messages, greets who comes, and answers requests, or not.
#include "fault.h"

static martlet_stanza *turned(const martlet_stanza *stanza, martlet_str append) {
    martlet_head head = {.size = sizeof head};
    core->head(stanza, &head);
    martlet_edit edit = {
        .size = sizeof edit,
        .fields = MARTLET_EDIT_TO | MARTLET_EDIT_FROM,
        .to = head.from,
        .from = head.to,
        .append = append,
    };
    return core->edit(stanza, &edit);
}

static void give(martlet_site *site, martlet_stanza *stanza) {
    if (stanza == NULL) return;
    core->route(site, stanza);
    core->release(stanza);
}

// Juliet is told of headlines.
static int32_t repeat(void *ud, martlet_event *event) {
    (void)ud;
    if (event->type == MARTLET_TYPE_ERROR) {
        core->log(event->site, MARTLET_LOG_INFO, TEXT("one came back"));
        return MARTLET_HANDLED;
    }
    give(event->site, turned(event->stanza, (martlet_str){0}));
    if (event->type != MARTLET_TYPE_HEADLINE) return MARTLET_HANDLED;
    martlet_draft draft = {
        .size = sizeof draft,
        .kind = MARTLET_MESSAGE,
        .type = MARTLET_TYPE_CHAT,
        .from = TEXT("herald@echo.montague.example"),
        .to = TEXT("juliet@capulet.example"),
        .payload = TEXT("<body>a headline was heard</body>"),
    };
    give(event->site, core->make(&draft));
    return MARTLET_HANDLED;
}

static int32_t greet(void *ud, martlet_event *event) {
    (void)ud;
    if (event->type == MARTLET_TYPE_NONE)
        give(event->site, turned(event->stanza, TEXT("<status>welcome</status>")));
    return MARTLET_HANDLED;
}

static int32_t tell(void *ud, martlet_event *event) {
    (void)ud;
    martlet_str info = TEXT(
        "<query xmlns='http://jabber.org/protocol/disco#info'>"
        "<identity category='component' type='generic' name='Echo'/></query>");
    return core->reply(event, info) == MARTLET_OK ? MARTLET_HANDLED : MARTLET_ERROR;
}

static int32_t refuse(void *ud, martlet_event *event) {
    (void)ud;
    martlet_error error = {.condition = TEXT("not-acceptable"), .text = TEXT("not that song")};
    return core->fail(event, &error);
}

// In the name of the domain above, which is not served where only the services are.
static int32_t overreach(void *ud, martlet_event *event) {
    (void)ud;
    martlet_head head = {.size = sizeof head};
    core->head(event->stanza, &head);
    martlet_draft draft = {
        .size = sizeof draft,
        .kind = MARTLET_MESSAGE,
        .type = MARTLET_TYPE_CHAT,
        .from = core->domain(event->site),
        .to = head.from,
        .payload = TEXT("<body>from above</body>"),
    };
    give(event->site, core->make(&draft));
    return core->reply(event, (martlet_str){0}) == MARTLET_OK ? MARTLET_HANDLED : MARTLET_ERROR;
}

static void ask(martlet_site *site, martlet_str ns, martlet_str name, martlet_hook_fn run) {
    martlet_iq iq = {
        .size = sizeof iq,
        .type = MARTLET_TYPE_GET,
        .targets = MARTLET_TO_SERVICE,
        .ns = ns,
        .name = name,
        .run = run,
    };
    core->iq(site, &iq);
}

static void listen(martlet_site *site, martlet_str match, martlet_hook_fn run) {
    martlet_hook hook = {
        .size = sizeof hook, .phase = MARTLET_PHASE_SERVICE, .match = match, .run = run};
    core->hook(site, &hook);
}

static void set_up(martlet_site *site) {
    martlet_item service = {
        .size = sizeof service,
        .kind = MARTLET_ITEM_SERVICE,
        .name = TEXT("echo"),
        .value = TEXT("component/generic|Echo"),
    };
    core->item(site, &service);
    listen(site, TEXT("message"), repeat);
    listen(site, TEXT("presence"), greet);
    ask(site, TEXT("http://jabber.org/protocol/disco#info"), TEXT("query"), tell);
    ask(site, NS, TEXT("song"), refuse);
    ask(site, NS, TEXT("overreach"), overreach);
}

PLUGIN("echo")
