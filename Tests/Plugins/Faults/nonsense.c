// Registers what makes no sense; each is refused, and answers 0.
#include "fault.h"

static int32_t go_on(void *ud, martlet_event *event) {
    (void)ud, (void)event;
    return MARTLET_CONTINUE;
}

static void hook(martlet_site *site, const char *what, martlet_hook hook) {
    say(site, what, (long)core->hook(site, &hook));
}

static void item(martlet_site *site, const char *what, martlet_item item) {
    say(site, what, (long)core->item(site, &item));
}

#define HOOK(...) ((martlet_hook){.size = sizeof(martlet_hook), __VA_ARGS__})
#define ITEM(...) ((martlet_item){.size = sizeof(martlet_item), __VA_ARGS__})

static void set_up(martlet_site *site) {
    hook(site, "hook of phase 0", HOOK(.run = go_on));
    hook(site, "hook of phase 99", HOOK(.phase = 99, .run = go_on));
    hook(site, "hook without a function", HOOK(.phase = MARTLET_PHASE_RECEIVED));
    hook(site, "hook with a match of rubbish",
         HOOK(.phase = MARTLET_PHASE_RECEIVED, .run = go_on, .match = TEXT("iq[[/{")));
    hook(site, "hook cut short",
         (martlet_hook){.size = 12, .phase = MARTLET_PHASE_RECEIVED, .run = go_on});
    say(site, "no hook", (long)core->hook(site, NULL));

    martlet_iq iq = {.size = sizeof iq, .type = MARTLET_TYPE_GET, .ns = NS, .name = TEXT("a")};
    say(site, "requests to nobody", (long)core->iq(site, &iq));
    iq.targets = MARTLET_TO_DOMAIN;
    say(site, "requests without a function", (long)core->iq(site, &iq));
    iq.run = go_on;
    iq.name = TEXT("no name'");
    say(site, "requests without a name", (long)core->iq(site, &iq));

    item(site, "item of no kind", ITEM(.kind = 99, .name = TEXT("a")));
    item(site, "identity without a type", ITEM(.kind = MARTLET_ITEM_IDENTITY, .name = TEXT("a")));
    item(site, "form of rubbish", ITEM(.kind = MARTLET_ITEM_FORM, .value = TEXT("<x")));
    item(site, "stream feature of rubbish",
         ITEM(.kind = MARTLET_ITEM_STREAM, .value = TEXT("</x>")));
    item(site, "service of no label",
         ITEM(.kind = MARTLET_ITEM_SERVICE, .name = TEXT("a@b/"), .value = TEXT("a/b")));
    item(site, "command without a function",
         ITEM(.kind = MARTLET_ITEM_COMMAND, .name = TEXT("a"), .value = TEXT("A")));
    item(site, "collection without a name", ITEM(.kind = MARTLET_ITEM_COLLECTION));
    item(site, "item cut short", (martlet_item){.size = 8, .kind = MARTLET_ITEM_FEATURE});

    say(site, "interface without a name", core->provide(site, (martlet_str){0}, site));
    say(site, "interface of the server's", core->provide(site, TEXT("martlet.store/1"), site));
    say(site, "interface of nobody", core->query(site, TEXT("nobody/1")) != NULL);
    say(site, "removing what is not there", core->remove(site, 4711));
    say(site, "cancelling what is not there", core->cancel(site, 4711));
    say(site, "timer without a function", (long)core->timer(site, 1, 0, NULL, NULL));
    say(site, "parsing rubbish", core->parse(TEXT("<message")) != NULL);
    say(site, "parsing what is no stanza", core->parse(TEXT("<a xmlns='b'/>")) != NULL);
    martlet_draft draft = {.size = sizeof draft, .kind = 9, .type = 77};
    say(site, "making what is no stanza", core->make(&draft) != NULL);
    draft.kind = MARTLET_IQ;
    say(site, "making a request of no type", core->make(&draft) != NULL);
    draft.kind = MARTLET_MESSAGE;
    draft.type = MARTLET_TYPE_CHAT;
    draft.payload = TEXT("</message><presence>");
    say(site, "making one out of its bounds", core->make(&draft) != NULL);
    draft.payload = (martlet_str){0};
    draft.to = TEXT("@@");
    say(site, "making one to no address", core->make(&draft) != NULL);
    uint8_t digest[4];
    say(site, "hashing by md4", core->hash(TEXT("md4"), TEXT("a"), digest, sizeof digest));
    say(site, "hashing into too little", core->hash(TEXT("sha-1"), TEXT("a"), digest, sizeof digest));
    say(site, "no address", core->jid(TEXT("a@@b"), NULL, 0));
}

PLUGIN("nonsense")
