/* What PRECIS, IDNA and normalisation ask of a code point, for MartletCore alone: constant tables
   made by Sources/C/generate-unicode.py, which are shared by all processes and never written to. */
#ifndef MARTLET_CUNICODE_H
#define MARTLET_CUNICODE_H
#include <stdint.h>

enum { MARTLET_UNICODE_LOWER = 1433, MARTLET_UNICODE_STEPS = 5857, MARTLET_UNICODE_COMPOSITIONS = 941 };

extern const uint16_t martlet_unicode_stage1[8704];
extern const uint8_t martlet_unicode_stage2[33024];
extern const uint32_t martlet_unicode_records[171];
extern const uint32_t martlet_unicode_lower[2 * MARTLET_UNICODE_LOWER];
extern const uint32_t martlet_unicode_steps[2 * MARTLET_UNICODE_STEPS];
extern const uint32_t martlet_unicode_pool[8663];
extern const uint32_t martlet_unicode_compositions[3 * MARTLET_UNICODE_COMPOSITIONS];

/* From the low end: 3 bits PRECIS class, 4 Bidi class, 3 joining type, 2 script, then the flags
   IDNA, mark, space, cased and case-ignorable; the combining class in the highest 8. `c` <= 10FFFF. */
static inline uint32_t martlet_unicode_record(uint32_t c) {
    return martlet_unicode_records[martlet_unicode_stage2[martlet_unicode_stage1[c >> 7] * 128 + (c & 127)]];
}

/* Pairs: a code point and its lower case. */
static inline const uint32_t *martlet_unicode_lower_pairs(void) { return martlet_unicode_lower; }

/* Pairs: a code point, and where its decomposition by one step stands in the pool (16 bits), how
   long it is (8 bits), and whether it is canonical (0), of width (1) or otherwise compatible (2). */
static inline const uint32_t *martlet_unicode_step_pairs(void) { return martlet_unicode_steps; }
static inline const uint32_t *martlet_unicode_step_pool(void) { return martlet_unicode_pool; }

/* Triples: two code points and the one that they compose to. */
static inline const uint32_t *martlet_unicode_composition_triples(void) { return martlet_unicode_compositions; }
#endif
