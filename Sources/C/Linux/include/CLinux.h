/* What Linux offers and Swift's Glibc module does not show, for MartletNet alone. */
#ifndef MARTLET_CLINUX_H
#define MARTLET_CLINUX_H
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* The shard whose thread this is, or NULL. */
extern __thread void *martlet_thread_shard __attribute__((tls_model("initial-exec")));
static inline void *martlet_get_shard(void) { return martlet_thread_shard; }
static inline void martlet_set_shard(void *shard) { martlet_thread_shard = shard; }

/* GNU functions that the Glibc module hides. */
int martlet_accept(int listener, struct sockaddr_storage *peer, socklen_t *length);
void martlet_name_thread(const char *name);
void martlet_block_signals(void);
/* Processors in the process's affinity mask; 0 when it cannot be read. */
int martlet_processor_count(void);

/* Casts that C does without a word. */
int martlet_bind(int descriptor, const struct sockaddr_storage *address, socklen_t length);
int martlet_connect(int descriptor, const struct sockaddr_storage *address, socklen_t length);
int martlet_local_address(int descriptor, struct sockaddr_storage *address, socklen_t *length);
#endif
