// Blocks the thread that it is called on until somebody's request, on another, ends that.
#define _POSIX_C_SOURCE 200809L
#include "fault.h"

#include <errno.h>
#include <semaphore.h>
#include <time.h>

static sem_t gate;

static int32_t block(void *ud, martlet_event *event) {
    (void)ud;
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    // For a test that fails; one that passes never waits for it.
    end.tv_sec += 30;
    core->log(event->site, MARTLET_LOG_INFO, TEXT("blocking"));
    while (sem_timedwait(&gate, &end) && errno == EINTR) {
    }
    core->log(event->site, MARTLET_LOG_INFO, TEXT("blocked"));
    return MARTLET_CONTINUE;
}

static int32_t let_go(void *ud, martlet_event *event) {
    (void)ud;
    sem_post(&gate);
    return core->reply(event, (martlet_str){NULL, 0}) == MARTLET_OK ? MARTLET_HANDLED : MARTLET_ERROR;
}

static void set_up(martlet_site *site) {
    sem_init(&gate, 0, 0);
    martlet_hook hook = {
        .size = sizeof hook,
        .phase = MARTLET_PHASE_RECEIVED,
        .match = TEXT("message[@type='headline']"),
        .run = block,
    };
    core->hook(site, &hook);
    on_request(site, "let-go", let_go, 0);
}

PLUGIN("blocker")
