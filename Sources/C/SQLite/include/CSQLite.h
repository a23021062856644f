/* The system's SQLite 3, for MartletStorageSQLite alone. */
#ifndef MARTLET_CSQLITE_H
#define MARTLET_CSQLITE_H
#include <sqlite3.h>
#endif
