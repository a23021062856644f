// Ad-hoc commands (XEP-0050), some of which answer rubbish or never; an interop scenario builds it as well.
#include "fault.h"

static void clerk_answer(const martlet_call *call, int32_t status, const char *text) {
    core->answer(call->token, status, NULL, 0, (martlet_str){text, strlen(text)});
}

static void greet(void *ud, const martlet_call *call) {
    (void)ud;
    char text[4096];
    snprintf(text, sizeof text, "Hello, %.*s!", (int)call->caller.len, call->caller.ptr);
    clerk_answer(call, MARTLET_OK, text);
}

// What it was given, under the names that it was given by, and how it was called.
static void repeat(void *ud, const martlet_call *call) {
    (void)ud;
    martlet_pair fields[16];
    size_t count = call->field_count < 16 ? call->field_count : 16;
    for (size_t i = 0; i < count; i++) {
        fields[i] = call->fields[i];
        if (fields[i].name.len == 0) fields[i].name = TEXT("argument");
    }
    core->answer(call->token, MARTLET_OK, fields, count, call->verb);
}

static void refuse(void *ud, const martlet_call *call) {
    clerk_answer(call, MARTLET_EINVAL, ud ? ud : "");
}

// What no XML can carry, in every place.
static void odd(void *ud, const martlet_call *call) {
    (void)ud;
    martlet_pair fields[] = {
        {TEXT("\x01\xff"), TEXT("two\nlines")}, {{0}, TEXT("<&'\">")}, {TEXT("\x01\xff"), {0}}};
    core->answer(call->token, MARTLET_OK, fields, 3, TEXT("\x02 & \xf0\x9f\x90\xa6"));
}

static void never(void *ud, const martlet_call *call) {
    (void)ud;
    core->log(call->site, MARTLET_LOG_INFO, TEXT("waiting"));
}

static uint64_t add(
    martlet_site *site, const char *name, const char *title, uint32_t flags, martlet_call_fn call,
    void *ud) {
    martlet_item item = {
        .size = sizeof item,
        .kind = MARTLET_ITEM_COMMAND,
        .flags = flags,
        .name = {name, strlen(name)},
        .value = {title, strlen(title)},
        .call = call,
        .ud = ud,
    };
    return core->item(site, &item);
}

static uint64_t added;

// Registers one more, at the domain that is asked alone; and takes it back.
static int32_t hire(void *ud, martlet_event *event) {
    (void)ud;
    added = add(event->site, "hired", "Only here", MARTLET_FOR_ADMINISTRATORS, repeat, NULL);
    return MARTLET_HANDLED;
}

static int32_t dismiss(void *ud, martlet_event *event) {
    (void)ud;
    say(event->site, "dismissed", core->remove(event->site, added));
    return MARTLET_HANDLED;
}

static void set_up(martlet_site *site) {
    const uint32_t administrators = MARTLET_FOR_ADMINISTRATORS;
    add(site, "greet", "Be greeted", 0, greet, NULL);
    add(site, "repeat", "Say it again", administrators, repeat, NULL);
    add(site, "refuse", "", administrators, refuse, "there is no such street");
    add(site, "fail", "Fail without a word", administrators, refuse, NULL);
    add(site, "odd", "Odd \x03 <things>", administrators, odd, NULL);
    add(site, "never", "Never answer", administrators, never, NULL);
    add(site, "repeat", "The same name once more", administrators, odd, NULL);
    say(site, "a command without a name", (long)add(site, "", "Nameless", 0, greet, NULL));
    on_request(site, "hire", hire, 0);
    on_request(site, "dismiss", dismiss, 0);
}

PLUGIN("clerk")
