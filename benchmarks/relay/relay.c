// The least that a server can do with messages: one thread, epoll, expat.
//
//     relay PORT [GROUP]
//
// Each message is parsed to its end and its bytes are written to whom its `to` names, unchanged. A
// presence goes to all of the sender's group who are there, itself among them: with GROUP 20 `user0` to
// `user19`, who log in with PLAIN, are the first.
// Nothing is stored, stamped, checked or counted; logging in and binding are said yes to. What this
// needs for a message is what the machine asks of any server that parses XML on one core.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <expat.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024, HELD_BYTES = 1024 * 1024, EVENTS = 512, ADDRESS_DIGITS = 16,
    SECRET_BYTES = 256,
};

// Bytes from `head` to `end` wait to be written, or are a stanza that has only begun.
struct bytes {
    char *start;
    size_t head, end, size;
};

enum kind { OTHER, MESSAGE, PRESENCE, AUTH, BIND };

// A client; its address is `DIGITS@DOMAIN/relay`, the digits being its descriptor.
struct client {
    int descriptor;
    XML_Parser parser;
    int depth;
    enum kind kind;
    int to;             // the descriptor in the stanza's `to`, or -1
    char id[64];        // of the stanza; a bind's result repeats it
    char secret[SECRET_BYTES];  // what an `auth` holds, Base64
    size_t secret_length;
    int group;          // of those who hear of its presence, or -1
    bool present;
    bool authenticated, restarts, ends, waits, dirty;
    XML_Index origin;   // where in the stream the bytes in hand begin
    XML_Index done;     // where the last whole stanza ended, or the one under way begins
    const char *hand;   // the bytes in hand
    struct bytes held;  // what was in hand and is no whole stanza
    struct bytes output;
};

static struct client **clients;
static int client_count;
static int *dirty;      // clients with something to write at the end of a round
static int dirty_count;
static int poll;
static char domain[256] = "localhost";
static int group_size;  // zero: nobody hears of anybody

static _Noreturn void die(const char *what) {
    perror(what);
    exit(1);
}

static void *grown(void *old, size_t size) {
    void *memory = realloc(old, size);
    if (memory == NULL) die("realloc");
    return memory;
}

static void append(struct bytes *bytes, const char *from, size_t count) {
    if (bytes->head == bytes->end) bytes->head = bytes->end = 0;
    if (bytes->end + count > bytes->size) {
        bytes->size = (bytes->end + count) * 2;
        bytes->start = grown(bytes->start, bytes->size);
    }
    memcpy(bytes->start + bytes->end, from, count);
    bytes->end += count;
}

static void send_to(struct client *client, const char *from, size_t count) {
    append(&client->output, from, count);
    if (client->dirty) return;
    client->dirty = true;
    dirty[dirty_count++] = client->descriptor;
}

static void say(struct client *client, const char *text) { send_to(client, text, strlen(text)); }

// MARK: - What a stanza says

static int address(const char *text) {
    char *end;
    long number = strtol(text, &end, 10);
    return *end == '@' && number >= 0 && number < client_count ? (int)number : -1;
}

static void open_stream(struct client *client, const XML_Char **attributes) {
    for (; *attributes != NULL; attributes += 2)
        if (strcmp(attributes[0], "to") == 0)
            snprintf(domain, sizeof domain, "%s", attributes[1]);
    say(client, "<?xml version='1.0'?><stream:stream from='");
    say(client, domain);
    say(client, "' id='relay' version='1.0' xmlns='jabber:client' "
                "xmlns:stream='http://etherx.jabber.org/streams'><stream:features>");
    say(client, client->authenticated
            ? "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
            : "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
              "<mechanism>ANONYMOUS</mechanism><mechanism>PLAIN</mechanism></mechanisms>");
    say(client, "</stream:features>");
}

static void XMLCALL began(void *user, const XML_Char *name, const XML_Char **attributes) {
    struct client *client = user;
    switch (client->depth++) {
    case 0:
        client->done = XML_GetCurrentByteIndex(client->parser)
            + XML_GetCurrentByteCount(client->parser);
        open_stream(client, attributes);
        break;
    case 1:
        client->done = XML_GetCurrentByteIndex(client->parser);
        client->kind = strcmp(name, "message") == 0 ? MESSAGE
            : strcmp(name, "presence") == 0 ? PRESENCE
            : strcmp(name, "auth") == 0 ? AUTH : OTHER;
        client->secret_length = 0;
        client->to = -1;
        client->id[0] = 0;
        for (; *attributes != NULL; attributes += 2) {
            if (strcmp(attributes[0], "to") == 0)
                client->to = address(attributes[1]);
            else if (strcmp(attributes[0], "id") == 0)
                snprintf(client->id, sizeof client->id, "%s", attributes[1]);
        }
        break;
    case 2:
        if (client->kind == OTHER && strcmp(name, "bind") == 0) client->kind = BIND;
    }
}

static void bind_resource(struct client *client) {
    char text[512];
    snprintf(text, sizeof text,
             "<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
             "<jid>%0*d@%s/relay</jid></bind></iq>",
             client->id, ADDRESS_DIGITS, client->descriptor, domain);
    say(client, text);
}

static void deliver(struct client *client, XML_Index end) {
    struct client *to = client->to < 0 ? NULL : clients[client->to];
    if (to == NULL) return;
    send_to(to, client->hand + (client->done - client->origin), (size_t)(end - client->done));
}

// Writes what was said to all of the group; who says something for the first time hears of the others.
static void broadcast(struct client *client, XML_Index end) {
    const char *from = client->hand + (client->done - client->origin);
    size_t count = (size_t)(end - client->done);
    bool is_new = !client->present;
    client->present = true;
    if (client->group < 0) return;
    for (int index = 0; index < client_count; index++) {
        struct client *to = clients[index];
        if (to == NULL || !to->present || to->group != client->group) continue;
        send_to(to, from, count);
        if (is_new && to != client) say(client, "<presence/>");
    }
}

static void XMLCALL said(void *user, const XML_Char *text, int count) {
    struct client *client = user;
    if (client->kind != AUTH || client->secret_length + (size_t)count >= SECRET_BYTES) return;
    memcpy(client->secret + client->secret_length, text, (size_t)count);
    client->secret_length += (size_t)count;
}

// The group of `userNUMBER`, who has said PLAIN's NUL, name, NUL, password (RFC 4616) in Base64.
static int group_of(const struct client *client) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char plain[SECRET_BYTES] = {0};
    size_t length = 0;
    unsigned bits = 0;
    for (size_t index = 0; index < client->secret_length; index++) {
        const char *digit = strchr(digits, client->secret[index]);
        if (digit == NULL) break;
        bits = bits << 6 | (unsigned)(digit - digits);
        if (index % 4 != 0) plain[length++] = (char)(bits >> (6 - 2 * (index % 4)));
    }
    bool named = group_size > 0 && strncmp(plain + 1, "user", 4) == 0;
    return named ? atoi(plain + 5) / group_size : -1;
}

static void XMLCALL ended(void *user, const XML_Char *name) {
    struct client *client = user;
    (void)name;
    if (--client->depth == 0) {
        say(client, "</stream:stream>");
        client->ends = true;
    }
    if (client->depth != 1) return;
    XML_Index end = XML_GetCurrentByteIndex(client->parser)
        + XML_GetCurrentByteCount(client->parser);
    switch (client->kind) {
    case MESSAGE: deliver(client, end); break;
    case PRESENCE: broadcast(client, end); break;
    case BIND: bind_resource(client); break;
    case AUTH:
        say(client, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        client->authenticated = client->restarts = true;
        client->group = group_of(client);
        break;
    case OTHER: break;
    }
    client->done = end;
}

// MARK: - Streams

static void begin_stream(struct client *client) {
    client->depth = 0;
    client->restarts = false;
    client->origin = client->done = 0;
    client->held.head = client->held.end = 0;
    XML_ParserReset(client->parser, NULL);
    XML_SetUserData(client->parser, client);
    XML_SetElementHandler(client->parser, began, ended);
    XML_SetCharacterDataHandler(client->parser, group_size > 0 ? said : NULL);
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 6
    XML_SetReparseDeferralEnabled(client->parser, XML_FALSE);
#endif
}

// Parses what was read and keeps what follows the last whole stanza; false when the stream is over.
static bool parse(struct client *client, const char *from, size_t count) {
    size_t kept = client->held.end;
    client->hand = from;
    if (kept > 0) {
        append(&client->held, from, count);
        client->hand = client->held.start;
    }
    if (XML_Parse(client->parser, from, (int)count, XML_FALSE) != XML_STATUS_OK || client->ends)
        return false;
    if (client->restarts) {
        begin_stream(client);
        return true;
    }
    size_t whole = client->depth == 0 ? kept + count : (size_t)(client->done - client->origin);
    size_t rest = kept + count - whole;
    if (rest > HELD_BYTES) return false;
    if (kept > 0) {
        memmove(client->held.start, client->held.start + whole, rest);
        client->held.end = rest;
    } else if (rest > 0) {
        append(&client->held, from + whole, rest);
    }
    client->origin += (XML_Index)whole;
    client->done = client->origin;
    return true;
}

static void drop(struct client *client) {
    clients[client->descriptor] = NULL;
    close(client->descriptor);
    XML_ParserFree(client->parser);
    free(client->held.start);
    free(client->output.start);
    free(client);
}

static void wait_for(struct client *client, int operation, bool writable) {
    struct epoll_event event = {
        .events = EPOLLIN | (writable ? EPOLLOUT : 0),
        .data.fd = client->descriptor,
    };
    if (epoll_ctl(poll, operation, client->descriptor, &event) != 0) die("epoll_ctl");
    client->waits = writable;
}

static void flush(struct client *client) {
    struct bytes *output = &client->output;
    while (output->head < output->end) {
        ssize_t count = send(client->descriptor, output->start + output->head,
                             output->end - output->head, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            if (!client->waits) wait_for(client, EPOLL_CTL_MOD, true);
            return;
        }
        if (count < 0) return drop(client);
        output->head += (size_t)count;
    }
    if (client->ends) return drop(client);
    if (client->waits) wait_for(client, EPOLL_CTL_MOD, false);
}

static void receive(struct client *client) {
    static char buffer[READ_BYTES];
    ssize_t count = read(client->descriptor, buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // One that ends stays until its goodbye is written.
    if (count <= 0 || !(parse(client, buffer, (size_t)count) || client->ends)) drop(client);
}

// MARK: - The loop

static void make_room(int descriptor) {
    if (descriptor < client_count) return;
    int count = (descriptor + 1) * 2;
    clients = grown(clients, (size_t)count * sizeof *clients);
    dirty = grown(dirty, (size_t)(count + EVENTS) * sizeof *dirty);  // one may come twice
    for (int index = client_count; index < count; index++) clients[index] = NULL;
    client_count = count;
}

static void welcome(int listener) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    make_room(descriptor);
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) die("calloc");
    client->descriptor = descriptor;
    client->group = -1;
    client->parser = XML_ParserCreate("UTF-8");
    if (client->parser == NULL) die("XML_ParserCreate");
    clients[descriptor] = client;
    begin_stream(client);
    wait_for(client, EPOLL_CTL_ADD, false);
}

static int listen_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, 1024) != 0) die("listen");
    return listener;
}

static void handle(const struct epoll_event *event, int listener) {
    if (event->data.fd == listener) return welcome(listener);
    struct client *client = clients[event->data.fd];
    if (client == NULL) return;
    if (event->events & EPOLLOUT) return send_to(client, "", 0);
    receive(client);
}

// Writes once to each client that something was put down for, however many stanzas that were.
static void flush_all(void) {
    for (int index = 0; index < dirty_count; index++) {
        struct client *client = clients[dirty[index]];
        if (client == NULL) continue;
        client->dirty = false;
        flush(client);
    }
    dirty_count = 0;
}

int main(int count, char **arguments) {
    int port = count >= 2 ? atoi(arguments[1]) : 0;
    group_size = count == 3 ? atoi(arguments[2]) : 0;
    if (port <= 0 || port > 65535 || count > 3 || group_size < 0) {
        fprintf(stderr, "usage: relay PORT [GROUP]\n");
        return 2;
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    int listener = listen_on(port);
    poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listener};
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted) != 0) die("epoll");
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int index = 0; index < ready; index++) handle(&events[index], listener);
        flush_all();
    }
}
