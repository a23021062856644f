#include "CPostgreSQL.h"

static void ignore(void *argument, const PGresult *notice) {
    (void)argument;
    (void)notice;
}

void martlet_pq_silence(PGconn *connection) { PQsetNoticeReceiver(connection, ignore, 0); }
