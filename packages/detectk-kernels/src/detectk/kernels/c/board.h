/* Some windows of a sequence as sets of ranks, with the weights of their members.
 *
 * A segment is a stretch of the sequence whose values are sorted once. A window in it is a set of
 * ranks, kept as bits beside the weight of each member, and sums of weights over words of 64 ranks
 * and blocks of 64 words. A finger remembers the weight of the members below its rank, and follows
 * the window. All sums are whole numbers and wrap, so no order of additions matters.
 */
#ifndef DETECTK_BOARD_H
#define DETECTK_BOARD_H

#include <stdint.h>

#include "bits.h"

#define HALVINGS 22    /* after which a weight is 0 */
#define MOST (1 << 20) /* points of a window */

/* Members below a rank: how many, and their mass. */
typedef struct {
    int64_t rank;
    uint64_t mass, count;
} Finger;

/* LOW and HIGH, and those of the tail, hold a ball between them. */
enum { MEDIAN, LOW, HIGH, TAIL_LOW, TAIL_HIGH, FIRST_QUARTILE, THIRD_QUARTILE, FINGERS };

typedef struct {
    const double *values;
    const int64_t *mass, *exponent;
    int64_t start, size;  /* of the segment */
    int64_t room;
    double *sorted;       /* by rank, as are the next two */
    uint64_t *weight;     /* of a member: its mass, shifted to the base if there is one */
    uint64_t *bits;
    uint64_t *word_mass, *block_mass, *block_count;
    uint32_t *rank;       /* by place in the segment */
    uint64_t *keys, *scratch;
    int64_t low, high;    /* the window */
    int64_t base;         /* exponent of weights of 1 */
    int64_t most_shift;   /* by which no sum overflows */
    uint64_t offset;      /* of each weight of this window */
    uint64_t total_mass, total_count;
    Finger fingers[FINGERS];
    int used[FINGERS];    /* those that follow the window */
    int uses;
} Board;

/* Sort the values of [start, end), whose windows hold `widest` at most; the window is empty yet.
 * The board's values, mass and exponent are set. Returns 0, or -1 when memory runs out. */
int dtk_board_open(Board *board, int64_t start, int64_t end, int64_t widest);
void dtk_board_discard(Board *board);

/* Make [low, high) the window; neither bound goes back within a segment. */
void dtk_board_move(Board *board, int64_t low, int64_t high);

/* The finger at `rank`. */
Finger dtk_finger_at(const Board *board, int64_t rank);

/* The finger at the first member that lifts the weight above `goal`, which is below the total. */
Finger dtk_finger_above(const Board *board, uint64_t goal);

/* The largest ball around `centre`, which lies at rank `middle`, that does not weigh more than
 * `goal`; ties on its surface may be left out. */
void dtk_find_ball(const Board *board, int64_t middle, double centre, uint64_t goal, Finger *low,
                   Finger *high);

static inline uint64_t below(const Board *board, const Finger *finger) {
    return finger->mass + finger->count * board->offset;
}

/* First member from `rank` on; `size` if there is none. */
static inline int64_t next_member(const Board *board, int64_t rank) {
    int64_t words = (board->size + 63) >> 6, word = rank >> 6;
    if (word >= words) return board->size;
    uint64_t rest = board->bits[word] & (~(uint64_t)0 << (rank & 63));
    while (!rest) {
        if (++word == words) return board->size;
        rest = board->bits[word];
    }
    return (word << 6) + dtk_lowest(rest);
}

/* Last member below `rank`; -1 if there is none. */
static inline int64_t previous_member(const Board *board, int64_t rank) {
    if (rank <= 0) return -1;
    int64_t word = (rank - 1) >> 6;
    uint64_t rest = board->bits[word] & (~(uint64_t)0 >> (63 - ((rank - 1) & 63)));
    while (!rest) {
        if (--word < 0) return -1;
        rest = board->bits[word];
    }
    return (word << 6) + dtk_highest(rest);
}

#endif
