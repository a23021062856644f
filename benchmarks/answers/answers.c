// The least that a server can do for a login without TLS: one thread, epoll, answers known beforehand.
//
//     answers PORT
//
// The same reads and writes as a login by SCRAM, its roster, presence and goodbye take, with answers of
// about the same length; no XML is read, nothing is proved, stored or kept. What this needs for a login
// is what the machine asks of any server on one core.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, DESCRIPTORS = 65536, READ_BYTES = 64 * 1024 };

#define HEADER                                                                                      \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "                                    \
    "xmlns:stream='http://etherx.jabber.org/streams' version='1.0' from='localhost' "               \
    "id='0123456789abcdef0123456789abcdef' xml:lang='en'><stream:features>"
#define FULL "user0@localhost/0123456789abcdef0123456789abcdef"

static const char *const answers[] = {
    HEADER "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256</mechanism>"
           "<mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>",
    "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "cj0wMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZixzPU1ERXlNelExTmpjNE9XRmlZMlJsWmc9PSxpPTQwOTY="
    "</challenge>",
    "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9"
    "</success>",
    HEADER "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><ver xmlns='urn:xmpp:features:rosterver'/>"
           "<sm xmlns='urn:xmpp:sm:3'/></stream:features>",
    "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" FULL
    "</jid></bind></iq>",
    "<presence from='" FULL "' to='" FULL "'/>"
    "<iq type='result' id='~roster'><query xmlns='jabber:iq:roster'/></iq>",
    "</stream:stream>",
};
enum { LAST = sizeof answers / sizeof *answers - 1 };

static unsigned char steps[DESCRIPTORS]; // how many answers each connection has had
static int poll;

static void watch(int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) != 0) close(descriptor);
}

static int listen_at(const char *port) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)atoi(port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); // handed down to connections
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) {
        perror("listen");
        exit(1);
    }
    return listener;
}

static void accept_all(int listener) {
    int client;
    while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (client >= DESCRIPTORS) {
            close(client);
            continue;
        }
        steps[client] = 0;
        watch(client);
    }
}

static void answer(int client) {
    static char bytes[READ_BYTES];
    ssize_t count = recv(client, bytes, sizeof bytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0 || steps[client] > LAST) {
        close(client);
        return;
    }
    int step = steps[client]++;
    // The goodbye leaves together with the FIN.
    send(client, answers[step], strlen(answers[step]), MSG_NOSIGNAL | (step == LAST ? MSG_MORE : 0));
    if (step == LAST) shutdown(client, SHUT_WR);
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: answers PORT\n");
        return 2;
    }
    struct rlimit limit = {.rlim_cur = DESCRIPTORS, .rlim_max = DESCRIPTORS};
    setrlimit(RLIMIT_NOFILE, &limit);
    int listener = listen_at(arguments[1]);
    poll = epoll_create1(0);
    watch(listener);
    struct epoll_event events[EVENTS];
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.fd == listener) accept_all(listener);
            else answer(events[index].data.fd);
        }
    }
}
