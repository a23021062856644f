/* A file of its own, so that a change of the header rebuilds what imports it. */
#include "CUnbound.h"
