// What the kernel asks for one write to each of many connections, and nothing else: the floor of a broadcast.
//
//     cc -O2 -o sends benchmarks/sends/sends.c && ./sends
//
// 150 bytes go to each of 200 connections over loopback, again when the last has them: by a `send` each, and,
// by turns, by io_uring, which is handed all 200 in one call. A reader in a process of its own, on the last of
// two cores, waits in epoll. What is printed is CPU of the writer alone, µs for each connection written to.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { READERS = 200, ROUNDS = 3000, BYTES = 150, TURNS = 5 };

struct ring {
    int descriptor;
    unsigned *tail, *mask, *array, *head_done, *tail_done;
    struct io_uring_sqe *entries;
};

static int die(const char *what) {
    perror(what);
    exit(1);
}

static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);  // where there is but one, they share it
}

static double microseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static void *mapped(int ring, size_t bytes, off_t what) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, what);
    if (memory == MAP_FAILED) die("mmap");
    return memory;
}

static int open_ring(struct ring *ring) {
    struct io_uring_params params = {0};
    ring->descriptor = (int)syscall(__NR_io_uring_setup, READERS, &params);
    if (ring->descriptor < 0) return -1;
    size_t asked = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    size_t done = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    char *submission = mapped(ring->descriptor, asked, IORING_OFF_SQ_RING);
    char *completion = mapped(ring->descriptor, done, IORING_OFF_CQ_RING);
    ring->entries = mapped(ring->descriptor, params.sq_entries * sizeof *ring->entries, IORING_OFF_SQES);
    ring->tail = (unsigned *)(submission + params.sq_off.tail);
    ring->mask = (unsigned *)(submission + params.sq_off.ring_mask);
    ring->array = (unsigned *)(submission + params.sq_off.array);
    ring->head_done = (unsigned *)(completion + params.cq_off.head);
    ring->tail_done = (unsigned *)(completion + params.cq_off.tail);
    return 0;
}

static void send_each(const int *readers, const char *bytes) {
    for (int index = 0; index < READERS; index++)
        if (send(readers[index], bytes, BYTES, MSG_NOSIGNAL) != BYTES) die("send");
}

static void send_all(struct ring *ring, const int *readers, const char *bytes) {
    unsigned tail = *ring->tail;
    for (int index = 0; index < READERS; index++, tail++) {
        unsigned place = tail & *ring->mask;
        ring->entries[place] = (struct io_uring_sqe){
            .opcode = IORING_OP_SEND, .fd = readers[index], .addr = (unsigned long)bytes,
            .len = BYTES, .msg_flags = MSG_NOSIGNAL,
        };
        ring->array[place] = place;
    }
    __atomic_store_n(ring->tail, tail, __ATOMIC_RELEASE);
    long sent = syscall(__NR_io_uring_enter, ring->descriptor, READERS, READERS,
                        IORING_ENTER_GETEVENTS, NULL, 0);
    if (sent != READERS) die("io_uring_enter");
    __atomic_store_n(ring->head_done, __atomic_load_n(ring->tail_done, __ATOMIC_ACQUIRE),
                     __ATOMIC_RELEASE);
}

// Reads all there is, and says so each time that everybody has been written to.
static _Noreturn void read_all(const struct sockaddr_in *address, int told) {
    pin(1);
    int poll = epoll_create1(0);
    for (int index = 0; index < READERS; index++) {
        int reader = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(reader, (const struct sockaddr *)address, sizeof *address) != 0) die("connect");
        struct epoll_event event = {.events = EPOLLIN, .data.fd = reader};
        epoll_ctl(poll, EPOLL_CTL_ADD, reader, &event);
    }
    for (long got = 0;;) {
        struct epoll_event events[READERS];
        char bytes[4096];
        int ready = epoll_wait(poll, events, READERS, -1);
        for (int index = 0; index < ready; index++) {
            ssize_t count = read(events[index].data.fd, bytes, sizeof bytes);
            if (count <= 0) _exit(0);
            got += count;
        }
        if (got < (long)READERS * BYTES) continue;
        got -= (long)READERS * BYTES;
        if (write(told, "x", 1) != 1) _exit(0);
    }
}

int main(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), told[2], readers[READERS];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, READERS) != 0) die("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, told) != 0) die("socketpair");
    if (fork() == 0) read_all(&address, told[1]);
    for (int index = 0; index < READERS; index++) {
        int on = 1;
        readers[index] = accept(listener, NULL, NULL);
        setsockopt(readers[index], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    pin(0);
    struct ring ring = {0};
    char bytes[BYTES], reply;
    memset(bytes, 'a', sizeof bytes);
    int ways = 2;
    if (open_ring(&ring) != 0) {
        printf("no io_uring here: %s\n", strerror(errno));
        ways = 1;
    }
    for (int turn = 0; turn < TURNS * ways; turn++) {
        int is_ring = ways == 2 && turn % 2 == 1;
        double start = microseconds();
        for (int round = 0; round < ROUNDS; round++) {
            if (is_ring) send_all(&ring, readers, bytes); else send_each(readers, bytes);
            if (read(told[0], &reply, 1) != 1) die("read");
        }
        double each = (microseconds() - start) / ROUNDS / READERS;
        printf("%s: %.2f\n", is_ring ? "io_uring" : "send", each);
    }
}
