// The example plugin in C: tells a sender how often the word "martlet" was heard in chats.
//
//     cc -shared -fPIC -I Sources/C/Plugin/include -o libmartlet_keyword-c.so Plugins/examples/c/keyword.c
//
// A handler looks at chat messages that clients send. It never waits: the count is read from the
// store and written back, each with a function that the server calls when it is done, and only then
// the answer is sent. Two messages at once are told apart by the document's version.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "martlet_plugin.h"

#define TEXT(literal) ((martlet_str){literal, sizeof literal - 1})
#define COLLECTION TEXT("keyword-c")
#define KEY TEXT("martlet")

static const martlet_core *core;

// One word that was heard: whom to tell, and what the store said on the way there.
typedef struct hearing {
    martlet_site *site;
    const martlet_store *store;
    martlet_stanza *stanza; // what was said; ours until `forget`
    long count;
} hearing;

static void forget(hearing *heard) {
    core->release(heard->stanza);
    free(heard);
}

// Says how often it was, from the domain to who said it.
static void tell(hearing *heard) {
    char payload[80];
    int length = snprintf(payload, sizeof payload, "<body>keyword-c: heard %ld</body>", heard->count);
    martlet_head head = {.size = sizeof head};
    core->head(heard->stanza, &head);
    martlet_draft draft = {
        .size = sizeof draft,
        .kind = MARTLET_MESSAGE,
        .type = MARTLET_TYPE_HEADLINE,
        .to = head.from,
        .payload = {payload, (size_t)length},
    };
    martlet_stanza *answer = core->make(&draft);
    if (answer == NULL) return;
    core->route(heard->site, answer);
    core->release(answer);
}

static void ask(hearing *heard, const martlet_operation *operation, martlet_store_done done) {
    int32_t status = heard->store->perform(
        heard->store->ctx, heard->site, (martlet_str){0}, operation, 1, done, heard);
    if (status != MARTLET_OK) forget(heard); // then `done` is never called
}

static void begin(hearing *heard);

static void written(
    void *ud, int32_t status, const martlet_rows *results, size_t count) {
    (void)results, (void)count;
    hearing *heard = ud;
    if (status == MARTLET_ECONFLICT) { // somebody else counted in between: once more
        begin(heard);
        return;
    }
    if (status == MARTLET_OK) tell(heard);
    else core->log(heard->site, MARTLET_LOG_WARNING, TEXT("the count was not written"));
    forget(heard);
}

static void found(void *ud, int32_t status, const martlet_rows *results, size_t count) {
    hearing *heard = ud;
    if (status != MARTLET_OK || count == 0) {
        forget(heard);
        return;
    }
    const martlet_row *row = results->row_count > 0 ? results->rows : NULL;
    char value[24] = "";
    if (row != NULL && row->value.len < sizeof value) memcpy(value, row->value.ptr, row->value.len);
    heard->count = strtol(value, NULL, 10) + 1;
    int length = snprintf(value, sizeof value, "%ld", heard->count);
    martlet_operation put = {
        .size = sizeof put,
        .what = MARTLET_PUT,
        .collection = COLLECTION,
        .key = KEY,
        .value = {value, (size_t)length},
        .if_version = row != NULL ? row->version : MARTLET_MUST_NOT_EXIST,
    };
    ask(heard, &put, written);
}

static void begin(hearing *heard) {
    martlet_operation get = {
        .size = sizeof get, .what = MARTLET_GET, .collection = COLLECTION, .key = KEY};
    ask(heard, &get, found);
}

// Whether the message's body has the word in it.
static int says_keyword(const martlet_stanza *stanza) {
    char body[4096];
    martlet_node node = core->child(core->root(stanza), TEXT("jabber:client"), TEXT("body"));
    int64_t length = core->text(node, body, sizeof body - 1);
    if (length < 0 || length >= (int64_t)sizeof body) return 0;
    body[length] = '\0';
    return strstr(body, "martlet") != NULL;
}

// Looks at each chat message with a body that a client of the domain sends.
static int32_t hear(void *ud, martlet_event *event) {
    (void)ud;
    if (!says_keyword(event->stanza)) return MARTLET_CONTINUE;
    const martlet_store *store = core->query(event->site, TEXT("martlet.store/1"));
    hearing *heard = store != NULL ? calloc(1, sizeof *heard) : NULL;
    if (heard == NULL) return MARTLET_CONTINUE;
    heard->site = event->site;
    heard->store = store;
    heard->stanza = core->retain(event->stanza);
    begin(heard);
    return MARTLET_CONTINUE;
}

// Once a process: what is the same in all domains.
static int32_t load(
    void *ud, const martlet_core *functions, martlet_site *site, martlet_str *error) {
    (void)ud;
    core = functions;
    martlet_item collection = {
        .size = sizeof collection, .kind = MARTLET_ITEM_COLLECTION, .name = COLLECTION};
    martlet_hook hook = {
        .size = sizeof hook,
        .phase = MARTLET_PHASE_RECEIVED,
        .flags = MARTLET_HOOK_OBSERVE,
        .match = TEXT("message[@type='chat']/body"),
        .run = hear,
    };
    if (core->item(site, &collection) == 0 || core->hook(site, &hook) == 0) {
        *error = TEXT("the server did not take what it registers");
        return MARTLET_EINVAL;
    }
    return MARTLET_OK;
}

// Once a domain. It keeps nothing of its own, but must not answer null.
static void *start(void *ud, martlet_site *site, martlet_str settings, martlet_str *error) {
    (void)ud, (void)settings, (void)error;
    return site;
}

static void stop(void *instance, void (*done)(void *ud), void *done_ud) {
    (void)instance;
    done(done_ud);
}

static const martlet_plugin plugin = {
    .magic = MARTLET_ABI_MAGIC,
    .size = sizeof plugin,
    .major = MARTLET_ABI_MAJOR,
    .minor = MARTLET_ABI_MINOR,
    .flags = MARTLET_OFF_BY_DEFAULT,
    .name = {"keyword-c", 9},
    .version = {"1.0", 3},
    .about = {"Counts a word in chats: the example in C.", 41},
    .needs = {"martlet.store/1", 15},
    .load = load,
    .start = start,
    .stop = stop,
};

MARTLET_EXPORT const martlet_plugin *martlet_plugin_entry(void) { return &plugin; }
