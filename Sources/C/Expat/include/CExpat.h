/* The system's XML tokeniser, for MartletXML alone. */
#ifndef MARTLET_CEXPAT_H
#define MARTLET_CEXPAT_H
#include <expat.h>

#define MARTLET_EXPAT_VERSION                                                                      \
    (XML_MAJOR_VERSION * 10000 + XML_MINOR_VERSION * 100 + XML_MICRO_VERSION)

/* Expat 2.6 holds a token back until it has grown enough; a stanza must not wait for the next one.
   MartletXML bounds a token's length itself, which is what the delay is for. */
static inline void martlet_expat_report_at_once(XML_Parser parser) {
#if MARTLET_EXPAT_VERSION >= 20600
    XML_SetReparseDeferralEnabled(parser, XML_FALSE);
#else
    (void)parser;
#endif
}
#endif
