#include "CPostgreSQL.h"

static void ignore(void *argument, const PGresult *notice) {
    (void)argument;
    (void)notice;
}

/* Of the library that libpq has its TLS from. */
extern int SSL_pending(const void *ssl);

int martlet_pq_has_unread(PGconn *connection) {
    void *ssl = PQsslStruct(connection, "OpenSSL");
    return ssl != 0 && SSL_pending(ssl) > 0;
}

void martlet_pq_silence(PGconn *connection) { PQsetNoticeReceiver(connection, ignore, 0); }
