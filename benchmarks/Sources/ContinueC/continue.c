// A plugin whose handlers do nothing: what is left is the cost of calling them.
#include "martlet_plugin.h"

#include <stdlib.h>

#define TEXT(s) {s, sizeof(s) - 1}

static int32_t go_on(void *ud, martlet_event *event)
{
    (void)ud;
    (void)event;
    return MARTLET_CONTINUE;
}

// As many as the environment asks for, at one phase.
static int32_t load(void *ud, const martlet_core *core, martlet_site *site, martlet_str *error)
{
    (void)ud;
    (void)error;
    const char *wanted = getenv("CONTINUE_C");
    for (int32_t i = 0; i < (wanted ? atoi(wanted) : 0); i++) {
        martlet_hook hook = {.size = sizeof hook, .phase = MARTLET_PHASE_RECEIVED, .priority = i,
                             .match = TEXT("presence"), .run = go_on};
        if (!core->hook(site, &hook)) return MARTLET_EINVAL;
    }
    return MARTLET_OK;
}

static void *start(void *ud, martlet_site *site, martlet_str settings, martlet_str *error)
{
    (void)ud;
    (void)settings;
    (void)error;
    return site;
}

static void stop(void *instance, void (*done)(void *), void *ud)
{
    (void)instance;
    done(ud);
}

static const martlet_plugin plugin = {
    .magic = MARTLET_ABI_MAGIC, .size = sizeof plugin,
    .major = MARTLET_ABI_MAJOR, .minor = MARTLET_ABI_MINOR,
    .name = TEXT("continue-c"), .version = TEXT("1.0"), .about = TEXT("Does nothing, in C."),
    .load = load, .start = start, .stop = stop};

MARTLET_EXPORT const martlet_plugin *martlet_plugin_entry(void);
const martlet_plugin *martlet_plugin_entry(void) { return &plugin; }
