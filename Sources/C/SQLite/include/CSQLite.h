/* The system's SQLite 3, for MartletStorageSQLite alone. */
#ifndef MARTLET_CSQLITE_H
#define MARTLET_CSQLITE_H
#include <sqlite3.h>

/* Before SQLite is first used: it keeps no count of its memory. (Swift calls no function with `...`.) */
static inline int martlet_sqlite_configure(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
#endif
