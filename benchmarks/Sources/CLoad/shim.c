#define _GNU_SOURCE
#include "CLoad.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

const void *load_find(const void *haystack, size_t length, const void *needle, size_t size) {
    return memmem(haystack, length, needle, size);
}

int load_pin(int first, int end) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (int core = first; core < end; core++) CPU_SET(core, &cores);
    return sched_setaffinity(0, sizeof cores, &cores);
}

void load_end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }
