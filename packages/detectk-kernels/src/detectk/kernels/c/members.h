/* A set of places in [0, size), with fingers: places that know how many members lie below.
 *
 * `bits` has a bit for each place. `words` has one for each word of `bits` that is not 0, `groups`
 * one for each word of `words`, so that the next member is near however few there are. `fine` and
 * `coarse` count members by 512 and by 32,768 places, to find the member with k others below.
 */
#ifndef DETECTK_MEMBERS_H
#define DETECTK_MEMBERS_H

#include <stdint.h>

#include "bits.h"

typedef struct {
    uint64_t *bits, *words, *groups;
    int32_t *fine, *coarse;
    int32_t size;
    void *memory;
} dtk_members;

/* `below` of the members are at places less than `at`, which need not be a member itself. */
typedef struct {
    int32_t at, below;
} dtk_finger;

int dtk_members_make(dtk_members *members, int32_t size);
void dtk_members_free(dtk_members *members);
void dtk_members_clear(dtk_members *members);

/* What the inline functions below do when the member is not close by. */
int32_t dtk_next_far(const dtk_members *members, int32_t word);
int32_t dtk_previous_far(const dtk_members *members, int32_t word);

/* The member that has `rank` others below it; there must be one. */
int32_t dtk_select(const dtk_members *members, int32_t rank);

static inline void dtk_put(dtk_members *members, int32_t at) {
    uint64_t word = members->bits[at >> 6];
    members->bits[at >> 6] = word | (uint64_t)1 << (at & 63);
    members->fine[at >> 9]++;
    members->coarse[at >> 15]++;
    if (!word) {
        members->words[at >> 12] |= (uint64_t)1 << (at >> 6 & 63);
        members->groups[at >> 18] |= (uint64_t)1 << (at >> 12 & 63);
    }
}

static inline void dtk_take(dtk_members *members, int32_t at) {
    uint64_t word = members->bits[at >> 6] & ~((uint64_t)1 << (at & 63));
    members->bits[at >> 6] = word;
    members->fine[at >> 9]--;
    members->coarse[at >> 15]--;
    if (!word) {
        uint64_t left = members->words[at >> 12] &= ~((uint64_t)1 << (at >> 6 & 63));
        if (!left) members->groups[at >> 18] &= ~((uint64_t)1 << (at >> 12 & 63));
    }
}

/* The 64 places from `at` on, and those before it: a neighbour among them needs no branch, which
 * would be hard to foresee at the end of each word. */
static inline uint64_t dtk_ahead(const dtk_members *members, int32_t at) {
    const uint64_t *bits = members->bits + (at >> 6);
    return bits[0] >> (at & 63) | bits[1] << 1 << (63 - (at & 63));
}

static inline uint64_t dtk_behind(const dtk_members *members, int32_t at) {
    const uint64_t *bits = members->bits + (at >> 6);
    return bits[0] << 1 << (63 - (at & 63)) | bits[-1] >> (at & 63);
}

/* The first member at `at` or above; there must be one. */
static inline int32_t dtk_next(const dtk_members *members, int32_t at) {
    uint64_t ahead = dtk_ahead(members, at);
    return ahead ? at + dtk_lowest(ahead) : dtk_next_far(members, (at >> 6) + 1);
}

/* The last member below `at`; there must be one. */
static inline int32_t dtk_previous(const dtk_members *members, int32_t at) {
    uint64_t behind = dtk_behind(members, at);
    return behind ? at - 64 + dtk_highest(behind) : dtk_previous_far(members, (at >> 6) - 1);
}

/* More steps than this cost more than a selection. */
#define DTK_STEPS 12

/* Move to the member that has `rank` others below it; there must be one. */
static inline int32_t dtk_seek(const dtk_members *members, dtk_finger *finger, int32_t rank) {
    int32_t steps = rank - finger->below, at = finger->at;
    if (steps > DTK_STEPS || steps < -DTK_STEPS) {
        at = dtk_select(members, rank);
    } else if (steps >= 0) {
        at = dtk_next(members, at);
        for (; steps; steps--) at = dtk_next(members, at + 1);
    } else {
        for (; steps; steps++) at = dtk_previous(members, at);
    }
    finger->at = at;
    finger->below = rank;
    return at;
}

#endif
