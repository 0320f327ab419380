/* Keeping a set of ranks and its sums, and looking into the sums. */
#include "board.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"

#define BLOCK 64  /* words */
#define SPARE 256 /* points more than a segment needs, so that the next one has room too */

Finger dtk_finger_at(const Board *board, int64_t rank) {
    Finger finger = {rank, 0, 0};
    int64_t word = 0;
    for (int64_t block = 0; block < rank >> 12; block++, word += BLOCK) {
        finger.mass += board->block_mass[block];
        finger.count += board->block_count[block];
    }
    for (; word < rank >> 6; word++) {
        finger.mass += board->word_mass[word];
        finger.count += (uint64_t)dtk_bit_count(board->bits[word]);
    }
    if (rank & 63) {
        uint64_t rest = board->bits[word] & ~(~(uint64_t)0 << (rank & 63));
        for (; rest; rest &= rest - 1, finger.count++) {
            finger.mass += board->weight[(word << 6) + dtk_lowest(rest)];
        }
    }
    return finger;
}

Finger dtk_finger_above(const Board *board, uint64_t goal) {
    Finger finger = {0, 0, 0};
    int64_t words = (board->size + 63) >> 6, word = 0;
    for (; word + BLOCK < words; word += BLOCK) {
        Finger after = finger;
        after.mass += board->block_mass[word / BLOCK];
        after.count += board->block_count[word / BLOCK];
        if (below(board, &after) > goal) break;
        finger = after;
    }
    for (; word + 1 < words; word++) {
        Finger after = finger;
        after.mass += board->word_mass[word];
        after.count += (uint64_t)dtk_bit_count(board->bits[word]);
        if (below(board, &after) > goal) break;
        finger = after;
    }
    for (uint64_t rest = board->bits[word]; rest; rest &= rest - 1) {
        Finger after = finger;
        finger.rank = (word << 6) + dtk_lowest(rest);
        after.mass += board->weight[finger.rank];
        after.count++;
        if (below(board, &after) > goal) break;
        finger.mass = after.mass;
        finger.count = after.count;
    }
    return finger;
}

/* First rank from `from` on whose value is farther than `distance` above `centre`. */
static int64_t end_of_distance(const Board *board, int64_t from, double centre, double distance) {
    int64_t to = board->size;
    while (from < to) {
        int64_t middle = from + (to - from) / 2;
        if (board->sorted[middle] - centre > distance) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return from;
}

static uint64_t between(const Board *board, int64_t low, int64_t high) {
    Finger from = dtk_finger_at(board, low), to = dtk_finger_at(board, high);
    return below(board, &to) - below(board, &from);
}

void dtk_find_ball(const Board *board, int64_t middle, double centre, uint64_t goal, Finger *low,
                   Finger *high) {
    int64_t from = 0, to = middle;
    while (from < to) {
        int64_t rank = from + (to - from) / 2;
        int64_t end = end_of_distance(board, middle, centre, centre - board->sorted[rank]);
        if (between(board, rank, end) <= goal) {
            to = rank;
        } else {
            from = rank + 1;
        }
    }
    *low = dtk_finger_at(board, to);
    int64_t left = to;
    from = left == middle ? middle
                          : end_of_distance(board, middle, centre, centre - board->sorted[left]);
    to = left == 0 ? board->size
                   : end_of_distance(board, middle, centre, centre - board->sorted[left - 1]);
    while (from < to) {
        int64_t rank = to - (to - from) / 2;
        Finger end = dtk_finger_at(board, rank);
        if (below(board, &end) - below(board, low) <= goal) {
            from = rank;
        } else {
            to = rank - 1;
        }
    }
    *high = dtk_finger_at(board, from);
}

static inline uint64_t weight_of(const Board *board, int64_t place) {
    uint64_t mass = (uint64_t)board->mass[place];
    if (!board->exponent) return mass;
    uint64_t shift = (uint64_t)board->exponent[place] - (uint64_t)board->base;
    return shift < 64 ? mass << shift : 0;
}

static inline void add(Board *board, int64_t rank, uint64_t mass, uint64_t one) {
    board->bits[rank >> 6] ^= (uint64_t)1 << (rank & 63);
    board->word_mass[rank >> 6] += mass;
    board->block_mass[rank >> 12] += mass;
    board->block_count[rank >> 12] += one;
    board->total_mass += mass;
    board->total_count += one;
    for (int use = 0; use < board->uses; use++) {
        Finger *finger = &board->fingers[board->used[use]];
        uint64_t is_below = 0 - (uint64_t)(rank < finger->rank);
        finger->mass += mass & is_below;
        finger->count += one & is_below;
    }
}

static inline void enter(Board *board, int64_t place) {
    int64_t rank = board->rank[place - board->start];
    uint64_t mass = board->weight[rank] = weight_of(board, place);
    add(board, rank, mass, 1);
}

static inline void leave(Board *board, int64_t place) {
    int64_t rank = board->rank[place - board->start];
    add(board, rank, 0 - board->weight[rank], 0 - (uint64_t)1);
}

static uint64_t shifted(uint64_t mass, int64_t by) { return by < 64 ? mass >> by : 0; }

/* Make the weights of an exponent 22 below `newest`, the least that count, the unit of all. */
static void rebase(Board *board, int64_t newest) {
    uint64_t base = (uint64_t)newest - HALVINGS;
    int64_t by = (int64_t)(base - (uint64_t)board->base);
    board->base = (int64_t)base;
    if (!board->total_count || by <= 0) return;
    int64_t words = (board->size + 63) >> 6;
    for (int64_t word = 0; word < words; word++) {
        uint64_t rest = board->bits[word];
        if (!rest) continue;
        board->word_mass[word] = shifted(board->word_mass[word], by);
        for (; rest; rest &= rest - 1) {
            uint64_t *weight = &board->weight[(word << 6) + dtk_lowest(rest)];
            *weight = shifted(*weight, by);
        }
    }
    for (int64_t block = 0; block < (words + BLOCK - 1) / BLOCK; block++) {
        board->block_mass[block] = shifted(board->block_mass[block], by);
    }
    board->total_mass = shifted(board->total_mass, by);
    for (int use = 0; use < board->uses; use++) {
        Finger *finger = &board->fingers[board->used[use]];
        finger->mass = shifted(finger->mass, by);
    }
}

void dtk_board_move(Board *board, int64_t low, int64_t high) {
    int64_t gone = low < board->high ? low : board->high;
    for (int64_t place = board->low; place < gone; place++) leave(board, place);
    if (board->exponent && low < high) {
        int64_t newest = board->exponent[high - 1];
        int64_t shift = (int64_t)((uint64_t)newest - (uint64_t)board->base);
        if (shift < HALVINGS || shift > board->most_shift) rebase(board, newest);
    }
    for (int64_t place = board->high > low ? board->high : low; place < high; place++) {
        enter(board, place);
    }
    board->low = low;
    board->high = high;
}

void dtk_board_discard(Board *board) {
    free(board->sorted);
    free(board->weight);
    free(board->bits);
    free(board->word_mass);
    free(board->block_mass);
    free(board->block_count);
    free(board->rank);
    free(board->keys);
    free(board->scratch);
}

static int make_room(Board *board, int64_t size) {
    if (size <= board->room) return 0;
    if (size > INT32_MAX) return -1;
    dtk_board_discard(board);
    size_t room = (size_t)(size + size / 4 + SPARE), words = room / 64 + 1;
    size_t blocks = words / BLOCK + 1;
    board->room = (int64_t)room;
    board->sorted = malloc(room * sizeof *board->sorted);
    board->weight = malloc(room * sizeof *board->weight);
    board->bits = malloc(words * sizeof *board->bits);
    board->word_mass = malloc(words * sizeof *board->word_mass);
    board->block_mass = malloc(blocks * sizeof *board->block_mass);
    board->block_count = malloc(blocks * sizeof *board->block_count);
    board->rank = malloc(room * sizeof *board->rank);
    board->keys = malloc(room * sizeof *board->keys);
    board->scratch = malloc(2 * room * sizeof *board->scratch);
    return board->sorted && board->weight && board->bits && board->word_mass &&
                   board->block_mass && board->block_count && board->rank && board->keys &&
                   board->scratch
               ? 0
               : -1;
}

int dtk_board_open(Board *board, int64_t start, int64_t end, int64_t widest) {
    int64_t size = end - start;
    if (make_room(board, size) < 0) return -1;
    uint32_t *order = (uint32_t *)(void *)board->weight;
    for (int64_t i = 0; i < size; i++) {
        board->keys[i] = dtk_key(board->values[start + i]);
        order[i] = (uint32_t)i;
    }
    dtk_sort_keys(board->keys, order, (uint32_t)size, board->scratch);
    for (int64_t i = 0; i < size; i++) {
        board->rank[order[i]] = (uint32_t)i;
        board->sorted[i] = dtk_unkey(board->keys[i]);
    }
    size_t words = (size_t)(size + 63) / 64, blocks = (words + BLOCK - 1) / BLOCK;
    memset(board->bits, 0, words * sizeof *board->bits);
    memset(board->word_mass, 0, words * sizeof *board->word_mass);
    memset(board->block_mass, 0, blocks * sizeof *board->block_mass);
    memset(board->block_count, 0, blocks * sizeof *board->block_count);
    memset(board->fingers, 0, sizeof board->fingers);
    board->start = board->low = board->high = start;
    board->size = size;
    board->total_mass = board->total_count = 0;
    board->uses = 0;
    board->most_shift = HALVINGS;
    while (widest << (board->most_shift + 1 - HALVINGS) <= MOST) board->most_shift++;
    return 0;
}
