/* martlet_blocklist.h - whom users block, kept by one plugin for all that go by it.
 *
 * The blocking command and privacy lists are two ways to one list (XEP-0191 section 5). A plugin keeps it and
 * offers "blocklist/1"; another one may judge by it, and offers "blocklist-judge/1". The server has no part
 * in either; the rules of martlet_plugin.h hold here too.
 */
#ifndef MARTLET_BLOCKLIST_H
#define MARTLET_BLOCKLIST_H

#include "martlet_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef MARTLET_RECORD(martlet_blocklist, 0) {
    uint32_t size;
    void *ctx;
    /* How many addresses a list may have. */
    uint32_t limit;
    /* `account` is a bare address of the domain. Any thread; `done` on any thread.
     *
     * One pair an address, prepared; the values are empty. */
    int32_t (*list)(void *ctx, martlet_str account, martlet_done, void *ud);
    /* From now on these and no others. MARTLET_EBUSY: they are more than there may be. */
    int32_t (*replace)(void *ctx, martlet_str account, const martlet_str *addresses, size_t count,
                       martlet_done, void *ud);
    /* Whether an address is blocked: `done` with 1 or MARTLET_OK. */
    int32_t (*blocks)(void *ctx, martlet_str account, martlet_str address, martlet_done, void *ud);
    /* The same, without waiting, within the call that lent the account's home: 1 or MARTLET_OK;
     * MARTLET_ENOENT when the list is not in memory, and has to be asked for with `blocks`. */
    int32_t (*blocks_here)(void *ctx, martlet_place *, martlet_str address);
} martlet_blocklist;

/* While somebody offers it, the keeper refuses nothing itself, and tells nobody that a user is gone or
 * there. */
typedef MARTLET_RECORD(martlet_blocklist_judge, 0) {
    uint32_t size;
    void *ctx;
    /* The list of the account whose home is lent is about to be another one by these addresses: that
     * happens in `apply`, which is to be called once, before this returns. */
    void (*change)(void *ctx, martlet_place *, const martlet_str *addresses, size_t count,
                   void (*apply)(void *ud), void *ud);
} martlet_blocklist_judge;

#ifdef __cplusplus
}
#endif
#endif
