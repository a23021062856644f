// Never says that it has stopped.
#define STOP linger
#include "fault.h"

static void linger(void *instance, void (*done)(void *ud), void *done_ud) {
    (void)instance, (void)done, (void)done_ud;
}

static void set_up(martlet_site *site) { (void)site; }

PLUGIN("lingering")
