// What Glibc declares under _GNU_SOURCE alone, which Swift's module map does not set.
#pragma once

#include <stddef.h>

/// The first place of `needle` in the bytes at `haystack`, or NULL.
const void *load_find(const void *haystack, size_t length, const void *needle, size_t size);

/// Puts the calling thread, and those it starts from now on, on the cores from `first` to before `end`.
int load_pin(int first, int end);

/// Has the kernel end this process when the one that started it ends.
void load_end_with_parent(void);

/// How often this process asked for memory, and for how many bytes in all.
struct load_allocations {
    unsigned long long count, bytes;
};

/// Counts from nought, in all threads.
void load_count_allocations(void);

/// Ends counting.
struct load_allocations load_counted_allocations(void);
