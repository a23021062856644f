// Plugins that describe themselves wrongly, or refuse: which one, a macro says.
#include <stdint.h>
#include <stdlib.h>

#include "martlet_plugin.h"

#ifndef MAGIC
#define MAGIC MARTLET_ABI_MAGIC
#endif
#ifndef MAJOR
#define MAJOR MARTLET_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR MARTLET_ABI_MINOR
#endif
#ifndef SIZE
#define SIZE sizeof(martlet_plugin)
#endif
#ifndef NAME
#define NAME "fine"
#endif
#ifndef NEEDS
#define NEEDS ""
#endif
#ifndef SETTINGS
#define SETTINGS ""
#endif
#define TEXT(literal) {literal, sizeof literal - 1}

#ifdef UNDEFINED
extern int martlet_nowhere_defined(void);
#endif
#ifdef MISSING
extern int gone(void);
#endif

static int32_t load(
    void *ud, const martlet_core *core, martlet_site *site, martlet_str *error) {
    (void)ud, (void)core, (void)site, (void)error;
#ifdef UNDEFINED
    martlet_nowhere_defined();
#endif
#ifdef MISSING
    gone();
#endif
#ifdef LOAD_REASON
    *error = (martlet_str)TEXT(LOAD_REASON);
#endif
#ifdef LOAD_REFUSES
    return MARTLET_EUNSUPPORTED;
#else
    return MARTLET_OK;
#endif
}

static void *start(void *ud, martlet_site *site, martlet_str settings, martlet_str *error) {
    (void)ud, (void)settings, (void)error;
#ifdef START_REASON
    *error = (martlet_str)TEXT(START_REASON);
#endif
#ifdef START_REFUSES
    (void)site;
    return NULL;
#else
    return site;
#endif
}

static void stop(void *instance, void (*done)(void *ud), void *done_ud) {
    (void)instance;
    done(done_ud);
}

static const martlet_plugin plugin = {
    .magic = MAGIC,
    .size = SIZE,
    .major = MAJOR,
    .minor = MINOR,
    .flags = MARTLET_OFF_BY_DEFAULT,
    .name = TEXT(NAME),
    .version = TEXT("1"),
    .needs = TEXT(NEEDS),
    .settings = TEXT(SETTINGS),
    .load = load,
#ifndef NO_START
    .start = start,
#endif
    .stop = stop,
};

#ifdef NO_ENTRY
MARTLET_EXPORT const void *some_other_entry(void) { (void)start; return &plugin; }
#elif defined(NULL_ENTRY)
MARTLET_EXPORT const martlet_plugin *martlet_plugin_entry(void) {
    return SIZE == 0 ? &plugin : NULL;
}
#elif defined(AT_THE_EDGE)
// Sixteen bytes, and behind them memory that nobody may read.
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
MARTLET_EXPORT const martlet_plugin *martlet_plugin_entry(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + page, page, PROT_NONE);
    memcpy(pages + page - 16, &plugin, 16);
    (void)start;
    return (const martlet_plugin *)(pages + page - 16);
}
#else
MARTLET_EXPORT const martlet_plugin *martlet_plugin_entry(void) {
    (void)start;
    return &plugin;
}
#endif
