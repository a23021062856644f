// What a disk makes of small commits: writes 16 KiB and calls fdatasync, COUNT times with a millisecond between,
// and prints how long the calls took.
//   cc -O2 -o measure benchmarks/disk/measure.c && ./measure FILE 2000
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BYTES = 16384, WRAP = 32 << 20 };

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static int order(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int count, char **words) {
    int calls = count == 3 ? atoi(words[2]) : 0;
    if (calls < 1) return fprintf(stderr, "measure FILE COUNT\n"), 2;
    static char page[BYTES];
    double *took = calloc(calls, sizeof *took);
    int file = open(words[1], O_CREAT | O_EXCL | O_RDWR, 0600);
    if (!took || file < 0) return perror(words[1]), 1;
    for (int call = 0; call < calls; call++) {
        if (pwrite(file, page, BYTES, (off_t)call * BYTES % WRAP) != BYTES) return perror(words[1]), 1;
        double begin = milliseconds();
        if (fdatasync(file)) return perror(words[1]), 1;
        took[call] = milliseconds() - begin;
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    unlink(words[1]);
    qsort(took, calls, sizeof *took, order);
    printf("fdatasync, %d times: p50 %.2f, p99 %.2f, p99.9 %.2f, at most %.2f ms\n", calls, took[calls / 2],
           took[(int)(calls * 0.99)], took[(int)(calls * 0.999)], took[calls - 1]);
}
