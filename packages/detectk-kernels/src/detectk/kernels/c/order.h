/* What the two ways to the order statistics of `dtk_order` share. */
#ifndef DETECTK_ORDER_H
#define DETECTK_ORDER_H

#include <stdint.h>

typedef struct {
    const double *values;
    const int64_t *low, *high;
    int64_t count;   /* of windows */
    int64_t longest; /* of them */
    double *median, *deviation, *tail, *first, *third, *least;
} dtk_orders;

/* Each window by itself. */
int dtk_order_singly(const dtk_orders *orders);

/* From window to window; none may be longer than this. */
#define DTK_LONGEST_SLIDE ((int64_t)1 << 29)
int dtk_order_sliding(const dtk_orders *orders);

/* Where a quantile of type 7 lies: between the values with `below` and `below + 1` others below
 * them, a `part` of the way. */
typedef struct {
    int64_t below;
    double part;
} dtk_place;

static inline dtk_place dtk_quantile_place(double share, int64_t n) {
    double place = share * (double)(n - 1);
    dtk_place found;
    found.below = (int64_t)place;
    found.part = place - (double)found.below;
    return found;
}

static inline double dtk_blend(double low, double high, double part) {
    return low + (high - low) * part;
}

#endif
