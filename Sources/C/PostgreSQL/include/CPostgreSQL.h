/* The system's libpq, for MartletPostgreSQL alone. */
#ifndef MARTLET_CPOSTGRESQL_H
#define MARTLET_CPOSTGRESQL_H
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h> /* Debian's place, which needs no search path. */
#endif

/* Called before a connection is used: what the server remarks is not written to stderr. */
void martlet_pq_silence(PGconn *connection);

/* Whether TLS holds bytes that it has taken from the socket, and libpq has not asked for. */
int martlet_pq_has_unread(PGconn *connection);
#endif
