// What OpenSSL asks of any server for a TLS 1.3 connection: one thread, epoll, nothing above it.
//
//     handshake serve PORT PEM [keep]        handshakes, and waits for each client to leave
//     handshake measure PORT PID SECONDS     full handshakes, VISITORS at a time
//     handshake idle PORT PID COUNT          so many connections that say nothing
//
// The last two load the first, whose process is PID, and print a line of JSON: what it used of its
// core for each handshake, or of memory for each connection. PEM holds certificate and key.
// Settings are OpenSSL's own, two session tickets among them; its buffers are given back while a
// connection is quiet (SSL_MODE_RELEASE_BUFFERS), or with `keep` are kept.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, VISITORS = 32, BEFORE = 100 };

static _Noreturn void die(const char *what) {
    perror(what);
    exit(1);
}

// Nothing waits for an acknowledgement: a handshake writes more than once.
static void hurry(int descriptor) {
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

// MARK: - The server

static SSL_CTX *server_context(const char *pem, bool keeps) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    if (!keeps) SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(context, pem) != 1
        || SSL_CTX_use_PrivateKey_file(context, pem, SSL_FILETYPE_PEM) != 1)
        die(pem);
    return context;
}

static int listen_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    struct sockaddr_in address = loopback(port);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, 1024) != 0) die("listen");
    return listener;
}

static void welcome(int poll, int listener, SSL_CTX *context) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    hurry(descriptor);
    SSL *tls = SSL_new(context);
    if (tls == NULL || SSL_set_fd(tls, descriptor) != 1) die("SSL_new");
    SSL_set_accept_state(tls);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = tls};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) != 0) die("epoll_ctl");
}

// Goes on with the handshake, and then waits for the client's goodbye.
static void go_on(SSL *tls) {
    char buffer[256];
    int got;
    do got = SSL_read(tls, buffer, sizeof buffer); while (got > 0);
    if (SSL_get_error(tls, got) == SSL_ERROR_WANT_READ) return;
    int descriptor = SSL_get_fd(tls);
    SSL_shutdown(tls);
    SSL_free(tls);
    close(descriptor);
}

static _Noreturn void serve(int port, const char *pem, bool keeps) {
    SSL_CTX *context = server_context(pem, keeps);
    int listener = listen_on(port), poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS], wanted = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted) != 0) die("epoll_ctl");
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int index = 0; index < ready; index++) {
            SSL *tls = events[index].data.ptr;
            if (tls == NULL) welcome(poll, listener, context);
            else go_on(tls);
        }
    }
}

// MARK: - The clients

static int port;
static SSL_CTX *visitors;
static atomic_long visits;
static atomic_bool over;

static SSL *come(void) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(port);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
    hurry(descriptor);
    SSL *tls = SSL_new(visitors);
    if (tls == NULL || SSL_set_fd(tls, descriptor) != 1) die("SSL_new");
    if (SSL_connect(tls) != 1) die("SSL_connect");
    return tls;
}

static void leave(SSL *tls) {
    char buffer[256];
    int descriptor = SSL_get_fd(tls);
    SSL_shutdown(tls);
    while (SSL_read(tls, buffer, sizeof buffer) > 0) continue;
    SSL_free(tls);
    close(descriptor);
}

static void *visit(void *unused) {
    while (!over) {
        leave(come());
        visits++;
    }
    return unused;
}

static double seconds_of(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) die("clock_gettime");
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static clockid_t cpu_clock(int pid) {
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) != 0) die("clock_getcpuclockid");
    return clock;
}

static void rest(double seconds) { usleep((useconds_t)(seconds * 1e6)); }

static void measure(int pid, double seconds) {
    pthread_t threads[VISITORS];
    clockid_t clock = cpu_clock(pid);
    for (int index = 0; index < VISITORS; index++)
        if (pthread_create(&threads[index], NULL, visit, NULL) != 0) die("pthread_create");
    rest(0.5);
    double cpu = seconds_of(clock), own = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    double wall = seconds_of(CLOCK_MONOTONIC);
    long count = visits;
    rest(seconds);
    cpu = seconds_of(clock) - cpu;
    own = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - own;
    wall = seconds_of(CLOCK_MONOTONIC) - wall;
    count = visits - count;
    over = true;
    for (int index = 0; index < VISITORS; index++) pthread_join(threads[index], NULL);
    printf("{\"run\": \"handshake\", \"server CPU per login (ms)\": %.4f, \"logins (/s)\": %.0f, "
           "\"server's share of a core ()\": %.2f, \"generator's share of a core ()\": %.2f}\n",
           cpu / (double)count * 1e3, (double)count / wall, cpu / wall, own / wall);
}

static double resident(int pid) {
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1) die(path);
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

// The first few come before memory is read, with what OpenSSL allocates once.
static void idle(int pid, int count) {
    for (int index = 0; index < BEFORE; index++) come();
    rest(0.5);
    double before = resident(pid);
    for (int index = 0; index < count; index++) come();
    rest(0.5);
    printf("{\"run\": \"idle\", \"KiB per connection (KiB)\": %.2f}\n",
           (resident(pid) - before) / count);
}

static void load(const char *what, int pid, const char *number) {
    visitors = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(visitors, SSL_VERIFY_NONE, NULL);
    if (strcmp(what, "measure") == 0) measure(pid, atof(number));
    else idle(pid, atoi(number));
}

int main(int count, char **arguments) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    port = count > 2 ? atoi(arguments[2]) : 0;
    if (count < 4 || port <= 0 || port > 65535) {
        fprintf(stderr, "usage: handshake serve PORT PEM [keep] | measure PORT PID SECONDS "
                        "| idle PORT PID COUNT\n");
        return 2;
    }
    if (strcmp(arguments[1], "serve") == 0)
        serve(port, arguments[3], count > 4 && strcmp(arguments[4], "keep") == 0);
    if (count > 4) load(arguments[1], atoi(arguments[3]), arguments[4]);
    return 0;
}
