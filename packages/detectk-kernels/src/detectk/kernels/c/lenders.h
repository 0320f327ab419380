/* The groups of a sliding window: their values, ascending, and their levels.
 *
 * The points are sorted by group once, so a window is a stretch of each group. What a group holds
 * is brought up to date when a target asks; the levels of all that lend, which are those of two or
 * more values, are kept sorted.
 */
#ifndef DETECTK_LENDERS_H
#define DETECTK_LENDERS_H

#include <stdint.h>

#include "sums.h"

/* The quantiles that are looked for where they were. */
enum { DEVIATION, TAIL, FIRST, THIRD, PICKS };

typedef struct {
    int64_t low, high;   /* the window, in its stretch of the points */
    int64_t from, to;    /* what its sorted values hold of that */
    int64_t start;       /* of its sorted values */
    int64_t room;        /* for as many of them as ever share a window */
    int64_t zeros;       /* values not above 0 */
    double level;
    int64_t place;       /* where it was among the levels */
    dtk_sum sum;         /* by mean: of the values */
    double largest;      /* by mean: residual in magnitude */
    double guess[PICKS], reach[PICKS]; /* where a quantile was, and how far it may have moved */
    int64_t still;       /* residuals of 0 */
    unsigned dirty : 1;  /* on the list of those to bring up to date */
    unsigned listed : 1; /* among the levels */
    unsigned residuals_ready : 1, still_ready : 1;
} Group;

typedef struct {
    int64_t enough;
    int by_mean;
    Group *groups;
    double *points;      /* by group, then by time */
    double *sorted;      /* values in the window, by group, ascending */
    double *residuals;   /* by mean: of these values */
    int64_t window_low, window_high;
    int64_t *dirty, dirty_count;
    double *levels;      /* of the lenders, ascending, ties by group */
    int64_t *lenders, lender_count;
    int64_t *borrowed, borrowed_count;
    uint64_t *keys, *key_scratch;
    uint32_t *key_order;
    double *buffer, *other_buffer; /* residuals of a pool; the second twice as many */
} Pooling;

static inline int64_t size_of(const Group *group) { return group->to - group->from; }

/* Take the points in; the window is empty yet. The members `enough` and `by_mean` are set, all
 * others are 0. Windows and wanted groups are those of `dtk_pooled`. Returns 0, or -1 when memory
 * runs out. */
int dtk_lenders_open(Pooling *pooling, const double *values, const int64_t *codes, int64_t m,
                     int64_t groups, const int64_t *low, const int64_t *high,
                     const int64_t *wanted, int64_t k);
void dtk_lenders_discard(Pooling *pooling);

/* Make [low, high) the window; neither bound ever goes back. */
void dtk_lenders_move(Pooling *pooling, const int64_t *codes, int64_t low, int64_t high);

/* First place among the lenders that is not before a level and, among equal ones, a group. */
int64_t dtk_place_of_level(const Pooling *pooling, double level, int64_t group);

/* The place of a lender: where it was, unless others have come or gone. */
int64_t dtk_place_of_lender(const Pooling *pooling, int64_t code, double level);

#endif
