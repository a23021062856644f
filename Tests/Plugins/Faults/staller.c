// Lets one kind of message wait, and goes on with it from a thread of its own two seconds later.
#define _POSIX_C_SOURCE 200809L
#include "fault.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

static void *go_on(void *argument) {
    martlet_token *token = argument;
    struct timespec two_seconds = {.tv_sec = 2};
    nanosleep(&two_seconds, NULL);
    martlet_outcome outcome = {.size = sizeof outcome, .verdict = MARTLET_CONTINUE};
    core->complete(*token, &outcome);
    free(token);
    return NULL;
}

static int32_t stall(void *ud, martlet_event *event) {
    (void)ud;
    martlet_token *token = malloc(sizeof *token);
    pthread_t thread;
    if (!token) return MARTLET_ERROR;
    *token = core->pend(event);
    if (*token && pthread_create(&thread, NULL, go_on, token) == 0) {
        pthread_detach(thread);
        return MARTLET_PENDING;
    }
    free(token);
    return MARTLET_ERROR;
}

static void set_up(martlet_site *site) {
    martlet_hook hook = {
        .size = sizeof hook,
        .phase = MARTLET_PHASE_RECEIVED,
        .match = TEXT("message[@type='headline']"),
        .run = stall,
    };
    core->hook(site, &hook);
}

PLUGIN("staller")
