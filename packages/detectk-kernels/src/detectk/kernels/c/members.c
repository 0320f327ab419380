/* The rare paths of a set of places: where the neighbour is far, or the rank is. */
#include "members.h"

#include <stdlib.h>
#include <string.h>

/* Parts for places up to and including `size`, where looking ahead may start. */
static int32_t parts(int32_t size, int shift) { return (size >> shift) + 1; }

int dtk_members_make(dtk_members *members, int32_t size) {
    size_t bits = (size_t)parts(size, 6) + 2, words = (size_t)parts(size, 12);
    size_t groups = (size_t)parts(size, 18);
    size_t fine = (size_t)parts(size, 9), coarse = (size_t)parts(size, 15);
    size_t large = (bits + words + groups) * sizeof(uint64_t);
    members->memory = calloc(1, large + (fine + coarse) * sizeof(int32_t));
    if (!members->memory) return -1;
    members->size = size;
    members->bits = (uint64_t *)members->memory + 1; /* an empty word before and behind */
    members->words = members->bits + bits - 1;
    members->groups = members->words + words;
    members->fine = (int32_t *)(members->groups + groups);
    members->coarse = members->fine + fine;
    return 0;
}

void dtk_members_free(dtk_members *members) { free(members->memory); }

void dtk_members_clear(dtk_members *members) {
    int32_t *end = members->coarse + parts(members->size, 15);
    memset(members->memory, 0, (size_t)((char *)end - (char *)members->memory));
}

int32_t dtk_next_far(const dtk_members *members, int32_t word) {
    uint64_t rest = members->words[word >> 6] >> (word & 63);
    if (rest) {
        word += dtk_lowest(rest);
    } else {
        int32_t group = (word >> 6) + 1, top = group >> 6;
        rest = members->groups[top] >> (group & 63) << (group & 63);
        while (!rest) rest = members->groups[++top];
        group = (top << 6) + dtk_lowest(rest);
        word = (group << 6) + dtk_lowest(members->words[group]);
    }
    return (word << 6) + dtk_lowest(members->bits[word]);
}

int32_t dtk_previous_far(const dtk_members *members, int32_t word) {
    uint64_t rest = members->words[word >> 6] << (63 - (word & 63));
    if (rest) {
        word += dtk_highest(rest) - 63;
    } else {
        int32_t group = (word >> 6) - 1, top = group >> 6;
        rest = members->groups[top] << (63 - (group & 63)) >> (63 - (group & 63));
        while (!rest) rest = members->groups[--top];
        group = (top << 6) + dtk_highest(rest);
        word = (group << 6) + dtk_highest(members->words[group]);
    }
    return (word << 6) + dtk_highest(members->bits[word]);
}

int32_t dtk_select(const dtk_members *members, int32_t rank) {
    int32_t coarse = 0, fine, word, size;
    while (rank >= members->coarse[coarse]) rank -= members->coarse[coarse++];
    fine = coarse << 6;
    while (rank >= members->fine[fine]) rank -= members->fine[fine++];
    word = fine << 3;
    while (rank >= (size = dtk_bit_count(members->bits[word]))) {
        rank -= size;
        word++;
    }
    return (word << 6) + dtk_select_bit(members->bits[word], rank);
}
