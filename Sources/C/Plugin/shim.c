// Gives the headers an object of their own, so that an edit of them rebuilds those who import them.
#include "martlet_blocklist.h"
#include "martlet_plugin.h"

_Static_assert(sizeof(martlet_str) == 2 * sizeof(void *), "a string is two words");
_Static_assert(sizeof(martlet_node) == 16, "an element is passed in two registers");
_Static_assert(offsetof(martlet_event, size) == 0, "size comes first");
