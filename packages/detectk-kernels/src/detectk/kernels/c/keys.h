/* Doubles as integers that sort alike, and sorting by them in linear time. */
#ifndef DETECTK_KEYS_H
#define DETECTK_KEYS_H

#include <stdint.h>
#include <string.h>

static inline uint64_t dtk_key(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ ((0 - (bits >> 63)) | 0x8000000000000000u);
}

static inline double dtk_unkey(uint64_t key) {
    uint64_t bits = key ^ (((key >> 63) - 1) | 0x8000000000000000u);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Sort n keys in place, and carry `order` along. `scratch` has room for 2 * n words. */
void dtk_sort_keys(uint64_t *keys, uint32_t *order, uint32_t n, uint64_t *scratch);

#endif
