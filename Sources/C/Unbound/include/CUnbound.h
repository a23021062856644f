/* The system's libunbound, for MartletDNS alone. */
#ifndef MARTLET_CUNBOUND_H
#define MARTLET_CUNBOUND_H
#include <unbound.h>
#endif
