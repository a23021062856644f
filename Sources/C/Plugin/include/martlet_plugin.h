/* martlet_plugin.h - the contract between the Martlet server and its plugins, version 1.3.
 *
 * A plugin is a shared object that exports one function, `martlet_plugin_entry`, and needs nothing of
 * the server but this header. It may be written in any language that can make such an object.
 *
 * R1  Strings are UTF-8, a pointer and a length, never NUL-terminated; length zero stands for "none"
 *     where none is possible. A string that is handed over is borrowed: it is good until the call it
 *     was handed over in returns, unless its comment says more. Whoever wants to keep it copies it.
 * R2  A structure that may grow begins with `size`, which its maker sets to `sizeof`. Fields are only
 *     ever appended; a reader asks with MARTLET_HAS before it touches a field younger than 1.0. The
 *     structures without `size` (str, pair, node, error, value) never change.
 * R3  Swift merges the metadata of C structures with one tag over all images of a process. So a
 *     structure that has grown gets another tag (MARTLET_RECORD), while its typedef keeps its name.
 * R4  The server calls a plugin on the threads of its shards. What is called must not block: no
 *     waiting for files, sockets, locks that are held for long, or child processes. Whoever has to wait
 *     answers MARTLET_PENDING and completes the token later, from any thread. Calls that concern one
 *     account come one at a time and in order; those of different accounts come at the same time.
 * R5  Functions of the server marked "any thread" may be called at any time between `load` and the end
 *     of `stop`, from any thread. Those that take a `martlet_event` or a `martlet_place` are good only
 *     during the call that lent it, on its thread.
 * R6  Every `done` is called exactly once, also when the plugin is being stopped. A token is completed
 *     once; a second or late completion is harmless and answers MARTLET_EGONE.
 * R7  Nothing unwinds (throws, panics, longjmps) through a call in either direction.
 * R8  An image is never unloaded. `stop` ends an instance; the code stays mapped.
 * R9  Memory belongs to who made it. Stanzas are counted: `retain` and `release`, from any thread.
 */
#ifndef MARTLET_PLUGIN_H
#define MARTLET_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MARTLET_ABI_MAGIC 0x4D4C5431u /* "MLT1" */
#define MARTLET_ABI_MAJOR 1u          /* another one is refused */
#define MARTLET_ABI_MINOR 3u          /* a plugin that needs a larger one than the server's is refused */

#define MARTLET_ENTRY_SYMBOL "martlet_plugin_entry"
#define MARTLET_EXPORT __attribute__((visibility("default")))

/* The tag of a structure that may grow: the number is that of the minor version it last grew in. */
#define MARTLET_RECORD(name, minor) struct name##_v1_##minor
/* Element `i` of an array of structures that may grow: they are stepped by the size they state. */
#define MARTLET_AT(array, i) \
    ((__typeof__(array))((const char *)(array) + (size_t)(i) * (array)->size))
/* Whether a structure made by somebody else has a field, and a function is not null. */
#define MARTLET_HAS(record, field)                                                                \
    ((record) != 0 &&                                                                             \
     (record)->size >= offsetof(__typeof__(*(record)), field) + sizeof((record)->field) &&        \
     (record)->field != 0)

/* ---------------------------------------------------------------------------------------- values */

typedef struct martlet_str { const char *ptr; size_t len; } martlet_str;
typedef struct martlet_pair { martlet_str name, value; } martlet_pair;

/* A stanza error (RFC 6120 8.3). `condition` by its name in the RFC ("item-not-found"); with `type`
 * empty, the type that the RFC gives the condition; `text` may be empty; `extra` may be one element
 * with the application's own condition. */
typedef struct martlet_error { martlet_str condition, type, text, extra; } martlet_error;

/* Something that one handler of a chain leaves for those after it. `kind` names what `ptr` is (a
 * number its plugin made public); `drop` is called once when the chain is over, unless it is null. */
typedef struct martlet_value { uint64_t kind; void *ptr; void (*drop)(void *ptr); } martlet_value;

typedef struct martlet_site martlet_site;     /* where a plugin is at work: see `load` and `start` */
typedef struct martlet_place martlet_place;   /* "here": an account's home, lent for one call */
typedef struct martlet_stanza martlet_stanza; /* immutable, counted */

/* An element of a stanza; good as long as the stanza is. `stanza` null: there is no such element. */
typedef struct martlet_node { const martlet_stanza *stanza; uint64_t index; } martlet_node;

/* A handler that has not decided, or a call that waits for its answer. */
typedef uint64_t martlet_token;

/* Every function that answers int32_t answers one of these, or zero and above for success. */
enum {
    MARTLET_OK = 0,
    MARTLET_EINVAL = -1,       /* an argument makes no sense, is no well-formed XML, is no address */
    MARTLET_ENOENT = -2,       /* there is no such thing */
    MARTLET_ECONFLICT = -3,    /* a condition does not hold; the name is taken */
    MARTLET_EBUSY = -4,        /* too much is under way; later may be better */
    MARTLET_EIO = -5,          /* the store failed */
    MARTLET_EFORBIDDEN = -6,   /* not in this plugin's name */
    MARTLET_EUNSUPPORTED = -7, /* this server does not do that */
    MARTLET_ESTOPPED = -8,     /* the plugin has been stopped, or the server is stopping */
    MARTLET_EGONE = -9,        /* it was completed before, or its time is over */
    MARTLET_EPLACE = -10       /* not here: the account lives at another place */
};

/* What a handler decides. */
enum {
    MARTLET_CONTINUE = 0, /* the next handler sees the stanza */
    MARTLET_HANDLED = 1,  /* the chain ends here, the stanza was dealt with */
    MARTLET_ERROR = 2,    /* it failed: see `fail`. Error handlers after it may mend that; else the
                           * sender is told, if the stanza is one that may be answered */
    MARTLET_PENDING = 3   /* the verdict comes with `complete`: see `pend`. Later stanzas of the same
                           * stream, or to the same account, wait behind this one; others do not */
};

/* Where on their way stanzas pass. Unknown numbers are refused by `hook`, so they can be tried. */
enum {
    MARTLET_PHASE_RECEIVED = 1, /* a client of this domain sent it; `from` is stamped */
    MARTLET_PHASE_DOMAIN = 2,   /* a request to the domain itself */
    MARTLET_PHASE_ACCOUNT = 3,  /* a request that the server answers on an account's behalf */
    MARTLET_PHASE_DELIVERY = 4, /* it is at its user's home; no resource has it yet */
    MARTLET_PHASE_OFFLINE = 5,  /* there is no resource to take it */
    MARTLET_PHASE_CLIENT = 6,   /* it is about to be written to one session's client */
    MARTLET_PHASE_SERVICE = 7,  /* it is for a service domain that this plugin owns */
    MARTLET_PHASE_NONZA = 8,    /* a bound client sent an element that is no stanza */
    MARTLET_PHASE_STREAM = 9,   /* a client sent it before it has bound a resource; a request is
                                 * answered as `iq` says, by `reply` or `fail`; errors have the numbers
                                 * of XEP-0086 as well, which requests as old as these ask for */
    MARTLET_PHASE_BROADCAST = 10, /* a presence that the server sends to one contact on a user's
                                 * behalf; nobody may wait */
    MARTLET_PHASE_ELSEWHERE = 11, /* 1.3. Another server or a component sent it to this domain, or to
                                 * somebody in it; `from` was proved, and nothing was done yet. No home
                                 * is lent, since the addressee's is elsewhere; nobody may wait */

    /* Things that happen, told to all hooks; there is no stanza and verdicts are ignored. */
    MARTLET_PHASE_SESSION_UP = 32,      /* subject: the full address */
    MARTLET_PHASE_SESSION_DOWN = 33,    /* the same; its state goes after this call */
    MARTLET_PHASE_PRESENCE = 34,        /* a session is there, says something new, or is gone: the
                                         * stanza is what it said; session: whose */
    MARTLET_PHASE_ROSTER_CHANGED = 35,  /* subject: the account; stanza: the push, an iq set */
    MARTLET_PHASE_USER_CREATED = 36,    /* subject: the account */
    MARTLET_PHASE_USER_REMOVED = 37,    /* subject: the account; what it had in the store is gone */
    MARTLET_PHASE_SESSION_RESUMED = 38  /* subject: the full address, whose client is back on another
                                         * connection (XEP-0198); what is sent to it within this call
                                         * comes first there, behind what it missed */
};

enum { MARTLET_MESSAGE = 1, MARTLET_PRESENCE = 2, MARTLET_IQ = 3, MARTLET_NONZA = 4 };

enum { /* types of stanzas (RFC 6120 8.2.3, RFC 6121 4.7.1, 5.2.2) */
    MARTLET_TYPE_NONE = 0, /* a presence without a type; a nonza */
    MARTLET_TYPE_GET = 1, MARTLET_TYPE_SET, MARTLET_TYPE_RESULT, MARTLET_TYPE_ERROR,
    MARTLET_TYPE_NORMAL, MARTLET_TYPE_CHAT, MARTLET_TYPE_GROUPCHAT, MARTLET_TYPE_HEADLINE,
    MARTLET_TYPE_UNAVAILABLE, MARTLET_TYPE_SUBSCRIBE, MARTLET_TYPE_SUBSCRIBED,
    MARTLET_TYPE_UNSUBSCRIBE, MARTLET_TYPE_UNSUBSCRIBED, MARTLET_TYPE_PROBE
};

/* ---------------------------------------------------------------------------- what a hook is given */

typedef MARTLET_RECORD(martlet_event, 0) {
    uint32_t size;
    uint32_t phase;
    uint32_t kind;           /* MARTLET_MESSAGE ...; 0 without a stanza */
    uint32_t type;           /* MARTLET_TYPE_... */
    martlet_site *site;      /* the domain this happens in */
    void *instance;          /* what `start` gave for that domain */
    martlet_place *place;    /* the home of the account it happens to; null where there is none */
    martlet_stanza *stanza;  /* borrowed: `retain` it to keep it; null where there is none */
    uint64_t session;        /* the session it came from or goes to; 0 where there is none */
    martlet_str subject;     /* the address an event without a stanza is about */
    const martlet_value *value; /* what a handler before this one left with `pass`, or null */
    const martlet_error *error; /* to an error handler: what failed; else null */
} martlet_event;

typedef int32_t (*martlet_hook_fn)(void *ud, martlet_event *event);

enum {
    MARTLET_HOOK_OBSERVE = 1 /* only looks: its verdict is ignored, it cannot fail or wait */
};

/* A handler at a phase.
 *
 * `match` is a small XPath: `iq[@type='get']/{urn:xmpp:ping}ping`, `message[@type='chat']/body`,
 * `presence | message`, `*`. A name without {namespace} is in the stream's own; `[@a='v' or @a='w']`
 * tests an attribute. Empty matches everything. */
typedef MARTLET_RECORD(martlet_hook, 0) {
    uint32_t size;
    uint32_t phase;
    int32_t priority;        /* the highest acts first; two with one match and one priority are refused */
    uint32_t flags;
    uint32_t timeout_ms;     /* of MARTLET_PENDING; 0: 30 seconds. Past it the sender is answered
                              * `remote-server-timeout`, and a late completion comes to nothing */
    martlet_str match;
    martlet_str name;        /* shown by `martlet phases`; empty: the plugin's */
    martlet_hook_fn run;
    martlet_hook_fn mend;    /* the error handler that goes with it, or null: given the failure of a
                              * handler before it, or its own. MARTLET_CONTINUE mends it, and the
                              * chain goes on after it */
    void *ud;
} martlet_hook;

enum { MARTLET_TO_DOMAIN = 1, MARTLET_TO_ACCOUNT = 2, MARTLET_TO_SERVICE = 4 };

/* Answers requests: exactly one answer each, whatever happens. MARTLET_HANDLED sends a result, with the
 * payload given to `reply` if there was one; MARTLET_ERROR the error given to `fail`;
 * MARTLET_CONTINUE leaves it to others, or to `service-unavailable`. */
typedef MARTLET_RECORD(martlet_iq, 0) {
    uint32_t size;
    uint32_t type;           /* MARTLET_TYPE_GET or MARTLET_TYPE_SET */
    uint32_t targets;        /* whom the requests are to: MARTLET_TO_... added up */
    int32_t priority;
    uint32_t timeout_ms;
    martlet_str ns, name;    /* of the payload */
    martlet_hook_fn run;
    void *ud;
} martlet_iq;

/* How a pending handler came out. */
typedef MARTLET_RECORD(martlet_outcome, 0) {
    uint32_t size;
    int32_t verdict;
    martlet_stanza *replace; /* with MARTLET_CONTINUE: goes on in place of the stanza; borrowed */
    martlet_str payload;     /* of a request, with MARTLET_HANDLED: the result's payload, or empty */
    martlet_error error;     /* with MARTLET_ERROR */
    martlet_value value;     /* left for the handlers after it */
    martlet_str login;       /* at MARTLET_PHASE_STREAM, with MARTLET_HANDLED: as `log_in`, or empty */
} martlet_outcome;

/* ------------------------------------------------------------------------- what a plugin registers */

enum {
    MARTLET_ITEM_FEATURE = 1,   /* name: a disco#info feature (XEP-0030); flags: MARTLET_TO_... whose */
    MARTLET_ITEM_IDENTITY = 2,  /* name: "category/type", value: a name for people; flags: whose */
    MARTLET_ITEM_FORM = 3,      /* value: a data form in the domain's disco#info (XEP-0128) */
    MARTLET_ITEM_STREAM = 4,    /* value: a stream feature; flags: MARTLET_BEFORE_... */
    MARTLET_ITEM_SERVICE = 5,   /* name: the label of a domain of its own ("conference" under
                                 * example.org), value: "category/type|name for people" */
    MARTLET_ITEM_COMMAND = 6,   /* name: of an ad-hoc command (XEP-0050), value: a name for people;
                                 * flags: MARTLET_FOR_ADMINISTRATORS, else all accounts of the domain */
    MARTLET_ITEM_VERB = 7,      /* name: of `martlet plugins run PLUGIN NAME ...`, value: its help */
    MARTLET_ITEM_HTTP = 8,      /* name: the path below the plugin's own, for the HTTP listener */
    MARTLET_ITEM_COLLECTION = 9 /* name: of documents or a log it keeps in the store; without it the
                                 * store refuses. flags: MARTLET_SHARED for other plugins' too */
};
enum { MARTLET_BEFORE_LOGIN = 1, MARTLET_BEFORE_BIND = 2 }; /* shown where login is possible at all: under
                                                             * TLS, as the listener says */
enum { MARTLET_FOR_ADMINISTRATORS = 1 };
enum { MARTLET_SHARED = 1 };

typedef MARTLET_RECORD(martlet_call, 0) { /* somebody runs a command or a verb, or asks over HTTP */
    uint32_t size;
    martlet_str name;             /* of the item */
    martlet_str verb;             /* of HTTP: GET, POST ...; of a command: its action */
    martlet_str caller;           /* an address, or empty for the machine's administrator */
    const martlet_pair *fields;   /* arguments, which have no names, form fields or headers */
    size_t field_count;
    martlet_str body;
    martlet_site *site;
    void *instance;
    martlet_token token;          /* answered with `answer` */
} martlet_call;

typedef void (*martlet_call_fn)(void *ud, const martlet_call *call);

typedef MARTLET_RECORD(martlet_item, 0) {
    uint32_t size;
    uint32_t kind, flags;
    martlet_str name, value;
    martlet_call_fn call;
    void *ud;
} martlet_item;

enum { MARTLET_COUNTER = 1, MARTLET_GAUGE = 2 };
enum { MARTLET_LOG_DEBUG = 0, MARTLET_LOG_INFO, MARTLET_LOG_WARNING, MARTLET_LOG_ERROR };

/* ------------------------------------------------------------------------------- the server's core */

typedef MARTLET_RECORD(martlet_session, 0) {
    uint32_t size;
    int32_t priority;
    uint64_t id;              /* never used twice in the life of a process; the same after a resumption */
    martlet_str address;      /* full */
    martlet_stanza *presence; /* the last available one, borrowed; null while it is not available */
    uint8_t is_interested;    /* asked for the roster */
    uint8_t is_connected;     /* false while it waits to be resumed (XEP-0198) */
} martlet_session;

typedef MARTLET_RECORD(martlet_head, 0) { /* a stanza's start tag; strings live as long as the stanza */
    uint32_t size;
    uint32_t kind, type;
    martlet_str to, from;
} martlet_head;

typedef MARTLET_RECORD(martlet_stream, 1) { /* of MARTLET_PHASE_STREAM; strings are good for the call */
    uint32_t size;
    uint8_t is_encrypted, is_authenticated;
    martlet_str domain;        /* the one the client named */
    martlet_str peer;          /* the address of its machine, without a port */
    martlet_str account;       /* who logged in, if anybody */
    uint32_t sasl_failures;    /* 1.1: how many attempts to log in by SASL failed on it */
} martlet_stream;

typedef MARTLET_RECORD(martlet_server, 0) { /* what this server is; strings live as long as it runs */
    uint32_t size;
    martlet_str name, version; /* of the program */
    int64_t started_us;        /* since when it runs, as `now_us` */
} martlet_server;

typedef MARTLET_RECORD(martlet_draft, 0) { /* a stanza to be made */
    uint32_t size;
    uint32_t kind, type;
    martlet_str to, from, id, language;
    martlet_str payload;       /* zero or more elements */
} martlet_draft;

enum { MARTLET_EDIT_TO = 1, MARTLET_EDIT_FROM = 2, MARTLET_EDIT_ID = 4 };

/* An element without children, to be written by the server; an attribute has no namespace. */
typedef MARTLET_RECORD(martlet_leaf, 2) {
    uint32_t size;
    martlet_str ns, name;      /* no namespace: the stanza's */
    const martlet_pair *attributes;
    size_t attribute_count;
    martlet_str text;          /* what it holds; empty for nothing */
} martlet_leaf;

/* A child of a stanza. The texts live as long as the stanza. */
typedef MARTLET_RECORD(martlet_child, 2) {
    uint32_t size;
    martlet_str ns, name;      /* the namespace as XML writes it: `&amp;` for `&` */
    martlet_node node;
} martlet_child;

typedef MARTLET_RECORD(martlet_edit, 2) { /* what is to be different in a copy of a stanza */
    uint32_t size;
    uint32_t fields;           /* which of the next three are meant: MARTLET_EDIT_... */
    martlet_str to, from, id;
    const martlet_node *remove; /* children of the stanza */
    size_t remove_count;
    martlet_str append;        /* zero or more elements */
    const martlet_leaf *leaves; /* 1.2: elements behind those; it costs a fraction of `append` */
    size_t leaf_count;         /* 1.2 */
} martlet_edit;

typedef void (*martlet_done)(
    void *ud, int32_t status, const martlet_pair *fields, size_t count, martlet_str body);
typedef void (*martlet_place_fn)(void *ud, martlet_place *place); /* place null: it cannot be had */
typedef void (*martlet_session_fn)(void *ud, const martlet_session *session);
typedef void (*martlet_timer_fn)(void *ud, uint64_t timer);

/* Functions that copy text out write at most `capacity` bytes to `buffer` and answer the whole length,
 * or a negative status; when the length is above the capacity, what was written is of no use. */
typedef MARTLET_RECORD(martlet_core, 2) {
    uint32_t size;
    uint16_t major, minor;

    /* Registering. During `load` with the plugin's own site: for every domain it is switched on for.
     * During or after `start` with a domain's: for that domain alone. Answers a number to remove it
     * by, or 0 when it is refused (the log says why). All of it goes when the instance does.
     * Any thread; after `start`, it takes effect for the stanzas that begin their way later. */
    uint64_t (*hook)(martlet_site *, const martlet_hook *);
    uint64_t (*iq)(martlet_site *, const martlet_iq *);
    uint64_t (*item)(martlet_site *, const martlet_item *);
    int32_t (*remove)(martlet_site *, uint64_t number);

    /* Named interfaces: tables of functions that begin with `uint32_t size; void *ctx`. A name is
     * offered once in a domain; `query` answers null where nobody offers it. Names of the server begin
     * with "martlet."; what plugins have between each other has a header of its own, such as
     * martlet_blocklist.h. Any thread. */
    int32_t (*provide)(martlet_site *, martlet_str name, const void *table);
    const void *(*query)(martlet_site *, martlet_str name);

    /* Deciding, within a hook. `reply` is for requests and checks the payload; `fail` answers
     * MARTLET_ERROR, to be returned; `replace` (borrowed) is what later handlers see; `pass` leaves
     * them a value. `pend` gives the token for MARTLET_PENDING, which must then be returned. */
    int32_t (*reply)(martlet_event *, martlet_str payload);
    int32_t (*fail)(martlet_event *, const martlet_error *);
    int32_t (*replace)(martlet_event *, martlet_stanza *);
    int32_t (*pass)(martlet_event *, const martlet_value *);
    martlet_token (*pend)(martlet_event *);
    /* Any thread. */
    int32_t (*complete)(martlet_token, const martlet_outcome *);
    int32_t (*answer)(martlet_token, int32_t status, const martlet_pair *, size_t, martlet_str body);

    /* Stanzas; any thread. `parse` takes one whole stanza, `make` and `edit` build one: they answer a
     * stanza that is the caller's to release, or null for what is not well-formed or not an address. */
    martlet_stanza *(*parse)(martlet_str xml);
    martlet_stanza *(*make)(const martlet_draft *);
    martlet_stanza *(*edit)(const martlet_stanza *, const martlet_edit *);
    martlet_stanza *(*retain)(martlet_stanza *);
    void (*release)(martlet_stanza *);
    void (*head)(const martlet_stanza *, martlet_head *head); /* `head->size` says how much is wanted */
    int64_t (*id)(const martlet_stanza *, char *buffer, size_t capacity);
    int64_t (*language)(const martlet_stanza *, char *buffer, size_t capacity);
    /* The stanza as it would be written, with its namespace declared. */
    int64_t (*write)(const martlet_stanza *, char *buffer, size_t capacity);

    /* Elements; any thread, as long as the stanza is kept. Namespace and name empty: any. */
    martlet_node (*root)(const martlet_stanza *);
    martlet_node (*child)(martlet_node, martlet_str ns, martlet_str name); /* the first such child */
    martlet_node (*next)(martlet_node, martlet_str ns, martlet_str name);  /* the next such sibling */
    martlet_str (*name)(martlet_node);                          /* lives as long as the stanza */
    int64_t (*ns)(martlet_node, char *buffer, size_t capacity);
    int64_t (*attribute)(martlet_node, martlet_str name, char *buffer, size_t capacity);
    int64_t (*text)(martlet_node, char *buffer, size_t capacity); /* its own, without its children's */
    int64_t (*xml)(martlet_node, char *buffer, size_t capacity);  /* with its namespace declared */

    /* Addresses (RFC 7622): the prepared form of an address, or MARTLET_EINVAL. Any thread. */
    int64_t (*jid)(martlet_str text, char *buffer, size_t capacity);

    /* Sending; any thread. `from` must be in this plugin's name: the domain, an account of it, or a
     * service it owns; else MARTLET_EFORBIDDEN, which is counted and logged against the plugin.
     * `route_many` sends copies with other addressees, and shares the payload. */
    int32_t (*route)(martlet_site *, martlet_stanza *);
    int32_t (*route_many)(martlet_site *, martlet_stanza *, const martlet_str *to, size_t count);

    /* Homes. `visit` runs a function at the home of an account, on its thread, later or at once. */
    int32_t (*visit)(martlet_site *, martlet_str account, martlet_place_fn, void *ud);
    martlet_str (*account)(martlet_place *);
    /* All bound sessions of the account, in the order of their binding. */
    int32_t (*sessions)(martlet_place *, martlet_session_fn, void *ud);
    /* Straight to one session's client, past all phases but MARTLET_PHASE_CLIENT. Lost with that client,
     * it goes to no other (XEP-0198 section 5), and nobody is told. */
    int32_t (*send)(martlet_site *, martlet_place *, uint64_t session, martlet_stanza *);
    int32_t (*send_nonza)(martlet_site *, martlet_place *, uint64_t session, martlet_str xml);
    /* One pointer an instance may keep with a session, or (session 0) with an account while it has
     * sessions. `drop` is called when it is replaced or its keeper goes. It survives a resumption. */
    void *(*state)(martlet_site *, martlet_place *, uint64_t session);
    int32_t (*set_state)(martlet_site *, martlet_place *, uint64_t session, void *, void (*drop)(void *));
    /* Ends a session's stream with a stream error condition by its name (RFC 6120 4.9.3). */
    int32_t (*close)(martlet_site *, martlet_place *, uint64_t session, martlet_str condition);

    /* Streams without a resource, within MARTLET_PHASE_STREAM. `stream_send` writes an element;
     * `log_in` takes the client for a full address, as if it had authenticated and bound it
     * (XEP-0078): after it, return MARTLET_HANDLED. */
    int32_t (*stream)(martlet_event *, martlet_stream *);
    int32_t (*stream_send)(martlet_event *, martlet_str xml);
    int32_t (*log_in)(martlet_event *, martlet_str address);

    /* Timers; any thread. `every` 0: once. They end with the instance. */
    uint64_t (*timer)(martlet_site *, uint64_t first_ms, uint64_t every_ms, martlet_timer_fn, void *ud);
    int32_t (*cancel)(martlet_site *, uint64_t timer);

    /* The rest; any thread. */
    void (*log)(martlet_site *, int32_t level, martlet_str text);
    uint64_t (*metric)(martlet_site *, martlet_str name, uint32_t kind, martlet_str help);
    void (*measure)(martlet_site *, uint64_t metric, double value); /* added to a counter; a gauge's */
    martlet_str (*domain)(martlet_site *);     /* its name; empty during `load`; lives as long as it */
    int64_t (*now_us)(martlet_site *);         /* microseconds since 1970, by the server's clock */
    void (*random)(void *buffer, size_t count); /* of a cryptographic generator */
    /* "sha-1", "sha-256", "sha-512": writes the digest, answers its length; MARTLET_EUNSUPPORTED. */
    int64_t (*hash)(martlet_str algorithm, martlet_str data, uint8_t *digest, size_t capacity);
    int32_t (*server)(martlet_site *, martlet_server *); /* `size` says how much is wanted */
    /* Puts another available presence in the place of a session's last one: those who ask later are told
     * it, and at once the account's own sessions and these contacts, past MARTLET_PHASE_BROADCAST.
     * MARTLET_ENOENT when the session is not available. */
    int32_t (*announce)(martlet_site *, martlet_place *, uint64_t session, martlet_stanza *,
                        const martlet_str *contacts, size_t count);
    /* 1.1. Within MARTLET_PHASE_STREAM: ends the stream with a stream error condition by its name (RFC
     * 6120 4.9.3), and nothing else is sent: after it, return MARTLET_HANDLED. */
    int32_t (*stream_close)(martlet_event *, martlet_str condition);
    /* 1.2. The children of a stanza, as many as there is room for, and answers how many there are: what
     * `child`, `next`, `name` and `ns` tell, in one call. Each of `children` has its `size` set. Any thread. */
    size_t (*children)(const martlet_stanza *, martlet_child *children, size_t capacity);
    /* 1.2. How many sessions `sessions` would tell of. */
    int64_t (*session_count)(martlet_place *);
} martlet_core;

/* ------------------------------------------------------------------------------ "martlet.store/1" */

/* Documents (collection, owner, key) and append-only logs (collection, owner). An owner is an account's
 * bare address, any name of the plugin's own, or empty for the domain. What belongs to an account goes
 * when it is removed. */
enum {
    MARTLET_GET = 1,  /* the document under `key` -> a row, or none */
    MARTLET_LIST,     /* documents whose key begins with `key`, after `after` -> rows */
    MARTLET_PUT,      /* `value` under `key` -> a row with the new version */
    MARTLET_DELETE,   /* -> total: how many went, 0 or 1 */
    MARTLET_COUNT,    /* documents of the collection -> total */
    MARTLET_APPEND,   /* `value` with `columns` and `time_us` to the log -> a row with the id as version */
    MARTLET_QUERY,    /* a page of the log -> rows, total, is_complete */
    MARTLET_SIZE,     /* of the log -> total, bytes */
    MARTLET_REMOVE,   /* the entry of the log with the id `number` -> total */
    MARTLET_TRIM      /* old entries: before `time_us` if it is not 0, else all but the newest
                       * `number` -> total; repeat while it is not 0 */
};
enum { MARTLET_EQUAL = 1, MARTLET_LESS, MARTLET_AT_MOST, MARTLET_GREATER, MARTLET_AT_LEAST,
       MARTLET_PREFIX, MARTLET_TIME_FROM, MARTLET_TIME_THROUGH, MARTLET_ID };

#define MARTLET_ANY_VERSION 0
#define MARTLET_MUST_NOT_EXIST (-1)

/* `column` and `value` for texts; `number` for times (microseconds) and ids. Several MARTLET_EQUAL of one
 * column, and several MARTLET_ID, mean any of them. */
typedef MARTLET_RECORD(martlet_filter, 0) {
    uint32_t size, test;
    martlet_str column, value;
    int64_t number;
} martlet_filter;

typedef MARTLET_RECORD(martlet_operation, 2) {
    uint32_t size, what;
    martlet_str collection, key, value;
    const martlet_pair *columns;     /* of MARTLET_APPEND */
    size_t column_count;
    const martlet_filter *filters;   /* of MARTLET_QUERY */
    size_t filter_count;
    int64_t if_version;              /* MARTLET_ANY_VERSION, MARTLET_MUST_NOT_EXIST, or exactly this */
    int64_t time_us;
    int64_t expires_us;              /* of MARTLET_PUT; 0: never */
    int64_t number;
    int64_t after, before;           /* ids of MARTLET_QUERY: only above, only below; 0: no bound */
    martlet_str after_key;           /* of MARTLET_LIST */
    uint32_t limit;                  /* of MARTLET_LIST and MARTLET_QUERY */
    uint8_t is_backwards, wants_total;
    const martlet_stanza *stanza;    /* 1.2: of MARTLET_APPEND, in place of `value`: the bytes that `write`
                                      * gives, which are made where they are stored */
} martlet_operation;

typedef MARTLET_RECORD(martlet_row, 0) {
    uint32_t size;
    martlet_str key, value;
    int64_t version;                 /* of a document; the id of an entry */
    int64_t time_us;
    const martlet_pair *columns;
    size_t column_count;
} martlet_row;

typedef MARTLET_RECORD(martlet_rows, 0) { /* one for each operation, in their order */
    uint32_t size;
    uint8_t is_complete;
    const martlet_row *rows;
    size_t row_count;
    int64_t total;                   /* -1: not asked for */
    int64_t bytes;
} martlet_rows;

typedef void (*martlet_store_done)(void *ud, int32_t status, const martlet_rows *, size_t count);
typedef int32_t (*martlet_stored_fn)(
    void *ud, martlet_event *, int32_t status, const martlet_rows *, size_t count);

typedef MARTLET_RECORD(martlet_store, 2) {
    uint32_t size;
    void *ctx;
    /* All operations or none, in their order. Answers MARTLET_OK and calls `done` later, on any
     * thread: the store's perhaps, which does nothing else until `done` returns. Or a negative
     * status, and never calls it. */
    int32_t (*perform)(void *ctx, martlet_site *, martlet_str owner, const martlet_operation *,
                       size_t count, martlet_store_done, void *ud);
    /* All that the plugin keeps under a name of its own. What an account or the domain owns is others'
     * too: MARTLET_EFORBIDDEN. */
    int32_t (*remove_all)(void *ctx, martlet_site *, martlet_str owner, martlet_done, void *ud);
    /* 1.2. Within a hook that may wait: all operations or none, of the account that the event happens to.
     * After MARTLET_OK the hook returns MARTLET_PENDING, without a token: `then` is called once, at the
     * account's home and on its thread, with the event anew and what came of the operations. What it
     * answers is the verdict, and it decides with the functions for that; it cannot wait again. The
     * event's `instance` is null there when the plugin was stopped meanwhile. Or a negative status, and
     * `then` is never called. Messages behind it may come as far as this hook meanwhile, in their order,
     * and pass it in their order. It costs a fraction of `perform`, `visit` and `complete`. */
    int32_t (*perform_then)(void *ctx, martlet_event *, const martlet_operation *, size_t count,
                            martlet_stored_fn then, void *ud);
} martlet_store;

/* --------------------------------------------------------------------------- "martlet.accounts/1" */

typedef MARTLET_RECORD(martlet_accounts, 0) {
    uint32_t size;
    void *ctx;
    /* `account` is a bare address of the site's domain. Any thread; `done` on any thread. */
    int32_t (*exists)(void *ctx, martlet_site *, martlet_str account, martlet_done, void *ud);
    /* MARTLET_OK, or MARTLET_EFORBIDDEN for a wrong password or no such account, which cannot be told
     * apart. `peer` is the address that asks, for the throttle of failed attempts. */
    int32_t (*check_password)(void *ctx, martlet_site *, martlet_str account, martlet_str password,
                              martlet_str peer, martlet_done, void *ud);
    int32_t (*create)(void *ctx, martlet_site *, martlet_str account, martlet_str password,
                      martlet_done, void *ud);
    /* Other streams of the account end. `keep` is a session that may stay, or 0. */
    int32_t (*set_password)(void *ctx, martlet_site *, martlet_str account, martlet_str password,
                            uint64_t keep, martlet_done, void *ud);
    /* The account, all it has in the store, and its streams: that of the session `last`, if it is not 0,
     * a second later, so that it can be told. */
    int32_t (*remove)(void *ctx, martlet_site *, martlet_str account, uint64_t last, martlet_done,
                      void *ud);
    /* One pair an item: the contact's address, and the item as in a roster result. */
    int32_t (*roster)(void *ctx, martlet_site *, martlet_str account, martlet_done, void *ud);
} martlet_accounts;

/* ------------------------------------------------------------------------------- "martlet.auth/1" */

/* Provided by a plugin, asked by the server in place of its own accounts: who may log in. `done` with
 * MARTLET_OK and pairs: the name of a SCRAM mechanism ("SCRAM-SHA-256") and its verifier as RFC 5803 writes
 * it; or "password" and the password itself, from which the server derives them. MARTLET_ENOENT: there is
 * no such account. */
typedef MARTLET_RECORD(martlet_auth, 0) {
    uint32_t size;
    void *ctx;
    int32_t (*lookup)(void *ctx, martlet_site *, martlet_str account, martlet_done, void *ud);
} martlet_auth;

/* ------------------------------------------------------------------------------------- the plugin */

enum {
    MARTLET_OFF_BY_DEFAULT = 1 /* at work only where the configuration names it */
};

/* What the exported function gives: memory that stays as it is. */
typedef MARTLET_RECORD(martlet_plugin, 0) {
    uint32_t magic, size;
    uint16_t major, minor;   /* of this header */
    uint32_t flags;
    martlet_str name;        /* lower case letters, digits and '-': the key in config.json */
    martlet_str version;
    martlet_str about;       /* one sentence for `martlet plugins` */
    martlet_str needs;       /* names of interfaces, split by spaces; "?" behind one: would like */
    martlet_str provides;    /* names it will offer, so that those who need them start later */
    martlet_str settings;    /* a JSON schema of its settings, or empty for none: `type`,
                              * `properties`, `items`, `enum`, `minimum`, `maximum`, `required`,
                              * `description`, `default` are understood */
    void *ud;
    /* Once a process. Registers what is the same in all domains. Not MARTLET_OK: refused, and `error`
     * (static memory) says why. */
    int32_t (*load)(void *ud, const martlet_core *core, martlet_site *site, martlet_str *error);
    /* Once for each domain it is switched on for. Null: refused. */
    void *(*start)(void *ud, martlet_site *site, martlet_str settings_json, martlet_str *error);
    /* Other settings for a running instance. MARTLET_EUNSUPPORTED, or a null function: another instance
     * is started with them and this one stopped. Else, not MARTLET_OK: refused, all stays as it was. */
    int32_t (*configure)(void *instance, martlet_str settings_json, martlet_str *error);
    /* No more calls come after this one, but those of `done`s under way. `done` when it has let go. */
    void (*stop)(void *instance, void (*done)(void *ud), void *done_ud);
} martlet_plugin;

typedef const martlet_plugin *(*martlet_entry_fn)(void);

#ifdef __cplusplus
}
#endif
#endif
