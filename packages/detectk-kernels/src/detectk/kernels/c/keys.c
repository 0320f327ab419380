/* Radix sort of 64-bit keys by their leading 32 varying bits, runs of equal ones once more. */
#include "keys.h"

#include "bits.h"

#define FEW 24 /* insertion sort is faster */
#define DIGIT 8
#define BINS (1 << DIGIT)
#define DIGITS (32 / DIGIT)

static void insert_sorted(uint64_t *keys, uint32_t *order, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        uint32_t place = order[i], j = i;
        for (; j && keys[j - 1] > key; j--) {
            keys[j] = keys[j - 1];
            order[j] = order[j - 1];
        }
        keys[j] = key;
        order[j] = place;
    }
}

/* Sort words by their upper half; returns the one of the two buffers that holds them. */
static uint64_t *sort_upper_halves(uint64_t *words, uint64_t *other, uint32_t n) {
    uint32_t bins[DIGITS][BINS];
    memset(bins, 0, sizeof bins);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t word = words[i] >> 32;
        for (int d = 0; d < DIGITS; d++) bins[d][word >> (d * DIGIT) & (BINS - 1)]++;
    }
    for (int d = 0; d < DIGITS; d++) {
        int shift = 32 + d * DIGIT;
        uint32_t start = 0, *bin = bins[d];
        if (bin[words[0] >> shift & (BINS - 1)] == n) continue;
        for (int b = 0; b < BINS; b++) {
            uint32_t size = bin[b];
            bin[b] = start;
            start += size;
        }
        for (uint32_t i = 0; i < n; i++) {
            uint64_t word = words[i];
            other[bin[word >> shift & (BINS - 1)]++] = word;
        }
        uint64_t *sorted = other;
        other = words;
        words = sorted;
    }
    return words;
}

/* A run that shares its leading 32 bits differs in 32 at most, so this goes two levels deep. Each
 * run has its own part of the two buffers, because the words behind it are still to be read. */
static void sort(uint64_t *keys, uint32_t *order, uint32_t n, uint64_t *words, uint64_t *spare) {
    if (n <= FEW) {
        insert_sorted(keys, order, n);
        return;
    }
    uint64_t least = keys[0], most = keys[0];
    uint32_t falls = 0;
    for (uint32_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        falls += key < keys[i - 1];
        least = key < least ? key : least;
        most = key > most ? key : most;
    }
    if (!falls) return;
    int shift = dtk_highest(most - least) - 31;
    if (shift < 0) shift = 0;

    for (uint32_t i = 0; i < n; i++) words[i] = (keys[i] - least) >> shift << 32 | i;
    if (sort_upper_halves(words, spare, n) == spare) {
        uint64_t *sorted = spare;
        spare = words;
        words = sorted;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = (uint32_t)words[i];
        spare[i] = keys[from];
        words[i] = (words[i] >> 32 << 32) | order[from];
    }
    memcpy(keys, spare, n * sizeof *keys);
    for (uint32_t i = 0; i < n; i++) order[i] = (uint32_t)words[i];
    if (!shift) return;
    for (uint32_t i = 0, end; i < n; i = end) {
        uint64_t upper = words[i] >> 32;
        for (end = i + 1; end < n && words[end] >> 32 == upper;) end++;
        if (end - i > 1) sort(keys + i, order + i, end - i, words + i, spare + i);
    }
}

void dtk_sort_keys(uint64_t *keys, uint32_t *order, uint32_t n, uint64_t *scratch) {
    sort(keys, order, n, scratch, scratch + n);
}
