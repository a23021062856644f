// What the faulty plugins of the tests have in common: a description, and the functions it needs.
//
// Each source says in `set_up` what it registers, and may define STOP before it includes this.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "martlet_plugin.h"

#define TEXT(literal) ((martlet_str){literal, sizeof literal - 1})
#define NS TEXT("urn:fault")

static const martlet_core *core;

// Says what a call of the server's came to, for the test to read in the log.
static inline void say(martlet_site *site, const char *what, long status) {
    char line[120];
    int length = snprintf(line, sizeof line, "%s: %ld", what, status);
    core->log(site, MARTLET_LOG_INFO, (martlet_str){line, (size_t)length});
}

// Answers requests to the domain with <name xmlns='urn:fault'/>.
static inline uint64_t on_request(
    martlet_site *site, const char *name, martlet_hook_fn run, uint32_t timeout_ms) {
    martlet_iq iq = {
        .size = sizeof iq,
        .type = MARTLET_TYPE_GET,
        .targets = MARTLET_TO_DOMAIN,
        .timeout_ms = timeout_ms,
        .ns = NS,
        .name = {name, strlen(name)},
        .run = run,
    };
    return core->iq(site, &iq);
}

static void set_up(martlet_site *site);

static inline int32_t fault_load(
    void *ud, const martlet_core *functions, martlet_site *site, martlet_str *error) {
    (void)ud, (void)error;
    core = functions;
    set_up(site);
    return MARTLET_OK;
}

static inline void *fault_start(
    void *ud, martlet_site *site, martlet_str settings, martlet_str *error) {
    (void)ud, (void)settings, (void)error;
    return site;
}

static inline void fault_stop(void *instance, void (*done)(void *ud), void *done_ud) {
    (void)instance;
    done(done_ud);
}

#ifdef STOP
static void STOP(void *instance, void (*done)(void *ud), void *done_ud);
#else
#define STOP fault_stop
#endif

#define PLUGIN(plugin_name)                                                                       \
    static const martlet_plugin plugin = {                                                        \
        .magic = MARTLET_ABI_MAGIC,                                                               \
        .size = sizeof plugin,                                                                    \
        .major = MARTLET_ABI_MAJOR,                                                               \
        .minor = MARTLET_ABI_MINOR,                                                               \
        .flags = MARTLET_OFF_BY_DEFAULT,                                                          \
        .name = {plugin_name, sizeof plugin_name - 1},                                            \
        .version = {"1", 1},                                                                      \
        .load = fault_load,                                                                       \
        .start = fault_start,                                                                     \
        .stop = STOP,                                                                             \
    };                                                                                            \
    MARTLET_EXPORT const martlet_plugin *martlet_plugin_entry(void) { return &plugin; }
