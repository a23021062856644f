/* The system's XML tokeniser, for MartletXML alone. */
#ifndef MARTLET_CEXPAT_H
#define MARTLET_CEXPAT_H
#include <expat.h>
#endif
