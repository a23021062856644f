// A disk that is always the same, for comparing two builds beside others' work: put before a program whose files
// are in memory, it has each fdatasync take 0.3 ms and as long as 200 MB/s need for what was written since.
//   cc -O2 -shared -fPIC -o steady.so benchmarks/disk/steady.c
//   TMPDIR=/dev/shm LD_PRELOAD=$PWD/steady.so benchmarks/.build/release/load storm --server …
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 65536, SYNC_NS = 300000, NS_PER_BYTE = 5 };

static _Atomic long written[FILES];
static ssize_t (*_Atomic original)(int, const void *, size_t, off64_t);

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    if (!original) original = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    ssize_t done = original(fd, bytes, count, offset);
    if (done > 0 && fd < FILES) written[fd] += done;
    return done;
}

int fdatasync(int fd) {
    long bytes = fd >= 0 && fd < FILES ? atomic_exchange(&written[fd], 0) : 0;
    long ns = SYNC_NS + bytes * NS_PER_BYTE;
    struct timespec time = {ns / 1000000000, ns % 1000000000};
    nanosleep(&time, NULL);
    return 0;
}
