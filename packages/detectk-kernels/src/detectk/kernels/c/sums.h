/* Sums and means of doubles, correctly rounded whatever was added. */
#ifndef DETECTK_SUMS_H
#define DETECTK_SUMS_H

#include <math.h>
#include <stdint.h>

/* What was added is within `slack` of high + low; exactly that if there is none. */
typedef struct {
    double high, low, slack;
} dtk_sum;

/* The sum of two doubles, rounded, and what that lost. Source: Knuth (1997), 4.2.2, theorem B. */
static inline double dtk_two_sum(double a, double b, double *lost) {
    double sum = a + b, other = sum - a;
    *lost = (a - (sum - other)) + (b - other);
    return sum;
}

static inline void dtk_sum_add(dtk_sum *sum, double value) {
    double lost, rest;
    sum->high = dtk_two_sum(sum->high, value, &lost);
    sum->low = dtk_two_sum(sum->low, lost, &rest);
    sum->slack += fabs(rest);
}

/* Mean of n values, none beyond 2**1000, correctly rounded.
 *
 * sum    what adding them gave; worked out anew if it is too vague
 * skip   a place to leave out, so that the mean is one of n - 1 values; or -1
 */
double dtk_mean(dtk_sum *sum, const double *values, int64_t n, int64_t skip);

/* Sum of n squares of values below 1 in magnitude, each rounded, correctly rounded itself. */
double dtk_sum_squares(const double *values, int64_t n);

#endif
