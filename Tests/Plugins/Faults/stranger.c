// Speaks in the name of others, and reaches for what is not its own.
#include "fault.h"

static void send_as(martlet_site *site, const char *from) {
    char what[100];
    martlet_draft draft = {
        .size = sizeof draft,
        .kind = MARTLET_MESSAGE,
        .type = MARTLET_TYPE_HEADLINE,
        .to = TEXT("romeo@montague.example"),
        .from = {from, strlen(from)},
        .payload = TEXT("<body>believe me</body>"),
    };
    martlet_stanza *stanza = core->make(&draft);
    snprintf(what, sizeof what, "as %s", from);
    say(site, what, core->route(site, stanza));
    const martlet_str to[] = {TEXT("romeo@montague.example"), TEXT("@@"), {NULL, 7}};
    snprintf(what, sizeof what, "to many as %s", from);
    say(site, what, core->route_many(site, stanza, to, 3));
    core->release(stanza);
}

static int32_t forge(void *ud, martlet_event *event) {
    (void)ud;
    send_as(event->site, "juliet@capulet.example/balcony");
    send_as(event->site, "capulet.example");
    send_as(event->site, "conference.montague.example");
    say(event->site, "no stanza", core->route(event->site, NULL));
    return MARTLET_HANDLED;
}

static void visited(void *ud, martlet_place *place) {
    (void)place;
    say(ud, "a visit to a stranger's home", 0);
}

static int32_t visit(void *ud, martlet_event *event) {
    (void)ud;
    martlet_site *site = event->site;
    say(site, "visit", core->visit(site, TEXT("juliet@capulet.example"), visited, site));
    say(site, "no visit", core->visit(site, TEXT("@"), visited, site));
    return MARTLET_HANDLED;
}

static void told(
    void *ud, int32_t status, const martlet_pair *fields, size_t count, martlet_str body) {
    (void)fields, (void)count, (void)body;
    say(ud, "told of an account", status);
}

static int32_t accounts(void *ud, martlet_event *event) {
    (void)ud;
    martlet_site *site = event->site;
    const martlet_accounts *table = core->query(site, TEXT("martlet.accounts/1"));
    martlet_str juliet = TEXT("juliet@capulet.example");
    say(site, "roster", table->roster(table->ctx, site, juliet, told, site));
    say(site, "password",
        table->set_password(table->ctx, site, juliet, TEXT("romeo"), 0, told, site));
    say(site, "no answer wanted", table->exists(table->ctx, site, juliet, NULL, NULL));
    return MARTLET_HANDLED;
}

static void stored(void *ud, int32_t status, const martlet_rows *rows, size_t count) {
    (void)rows, (void)count;
    say(ud, "the store said", status);
}

static int32_t perform(
    martlet_site *site, const char *owner, martlet_operation operation, size_t count) {
    const martlet_store *store = core->query(site, TEXT("martlet.store/1"));
    martlet_str whose = {owner, strlen(owner)};
    return store->perform(store->ctx, site, whose, &operation, count, stored, site);
}

static int32_t remove_all(martlet_site *site, const char *owner) {
    const martlet_store *store = core->query(site, TEXT("martlet.store/1"));
    return store->remove_all(store->ctx, site, (martlet_str){owner, strlen(owner)}, told, site);
}

static int32_t store(void *ud, martlet_event *event) {
    (void)ud;
    martlet_site *site = event->site;
    martlet_operation get = {
        .size = sizeof get, .what = MARTLET_GET, .collection = TEXT("secrets"), .key = TEXT("k")};
    say(site, "undeclared", perform(site, "", get, 1));
    get.collection = TEXT("declared");
    say(site, "of a stranger", perform(site, "juliet@capulet.example", get, 1));
    say(site, "of a resource", perform(site, "romeo@montague.example/orchard", get, 1));
    say(site, "all of the domain", remove_all(site, ""));
    say(site, "all of an account", remove_all(site, "romeo@montague.example"));
    get.what = 99;
    say(site, "no operation", perform(site, "", get, 1));
    get.what = MARTLET_PUT;
    get.if_version = -9;
    say(site, "no condition", perform(site, "", get, 1));
    get.size = 3;
    say(site, "cut short", perform(site, "", get, 1));
    return MARTLET_HANDLED;
}

static void set_up(martlet_site *site) {
    martlet_item item = {
        .size = sizeof item, .kind = MARTLET_ITEM_COLLECTION, .name = TEXT("declared")};
    core->item(site, &item);
    on_request(site, "forge", forge, 0);
    on_request(site, "visit", visit, 0);
    on_request(site, "accounts", accounts, 0);
    on_request(site, "store", store, 0);
}

PLUGIN("stranger")
