/* What the kernels compute; `module.c` hands them the buffers.
 *
 * Every function works on a sequence of m finite values (none beyond 2**1000, no -0.0) and on k
 * windows [low, high) of it. Both bounds never fall from one window to the next; the caller has
 * checked that 0 <= low <= high <= m. Groups come as one sequence, sorted by group and then by
 * time, with the windows in the same order: the bounds still never fall.
 *
 * A window without a value gives NaN everywhere. Every result is a function of what the window
 * holds, never of the windows before it, bit for bit. An output may be NULL where it says so. All
 * return 0, or -1 when memory runs out; none knows of Python, so none needs the GIL.
 */
#ifndef DETECTK_KERNELS_H
#define DETECTK_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Order statistics of each window.
 *
 * median     mean of the two middle values of an even count
 * first      0.25 quantile, third 0.75: type 7 of Hyndman & Fan; both NULL or neither
 * deviation  median of |x - median|, only where first is NULL or first == third, else NaN; or NULL
 * tail       0.95 quantile (type 7) of |x - median|, only where deviation is 0, else NaN; NULL
 *            exactly if deviation is
 * least      smallest value; or NULL
 */
int dtk_order(const double *values, int64_t m, const int64_t *low, const int64_t *high, int64_t k,
              double *median, double *deviation, double *tail, double *first, double *third,
              double *least);

/* Mean, correctly rounded, and population standard deviation of each window.
 *
 * With the exact sums S of x and Q of x*x, N = n*Q - S*S written as f * 4**e with 1 <= f < 4, f
 * rounded to a double: deviation = sqrt(f) / n * 2**e. N = 0 gives 0.
 */
int dtk_moments(const double *values, int64_t m, const int64_t *low, const int64_t *high,
                int64_t k, double *mean, double *deviation);

/* Weighted order statistics of each window, as dtk_order names them.
 *
 * The weight of point i in window j is exact:
 *   exponent given:  mass[i] * 2**(exponent[i] - exponent[high[j] - 1]), 0 where that exponent
 *                    is below -22; 2**20 <= mass < 2**21
 *   exponent NULL:   mass[i] + offset[j], positive for every point of the window
 * The q quantile is the smallest value whose cumulative weight exceeds q of the total, ties
 * together; where one meets it exactly, the mean of it and of the next greater value that has a
 * weight. 2**20 points or fewer in a window; no sum of a window's weights reaches 2**63.
 */
int dtk_weighted(const double *values, const int64_t *mass, const int64_t *exponent, int64_t m,
                 const int64_t *low, const int64_t *high, const int64_t *offset, int64_t k,
                 double *median, double *deviation, double *tail, double *first, double *third);

/* Centres of thin groups, and what their neighbours lend for the scale.
 *
 * Here the points are in order of time, codes[i] in [0, groups) is the group of point i, and
 * wanted[j] the group of target j; a target whose wanted is -1 is left alone (its outputs are not
 * written). In the window, every group of two or more values lends: its level is its median
 * (by_mean: its mean), and its residuals are x - centre of its *other* values (with `enough` values
 * or more: x - level). A target borrows from the groups in order of |level - own level|, groups at
 * equal distance together, until it has `enough` residuals.
 *
 * centre     of the target's own group
 * size       values in it; 0 gives NaN and nothing borrowed
 * least      the smallest of them
 * pool       residuals borrowed
 * zeros      how many of the values behind them are not above 0
 * deviation  median of |r|, under the conditions of dtk_order; by_mean: root of the mean of r*r
 * tail, first, third: of the residuals, as in dtk_order, with 0 for the median; by_mean: NULL;
 *            first and third both NULL or neither
 */
int dtk_pooled(const double *values, const int64_t *codes, int64_t m, int64_t groups,
               const int64_t *low, const int64_t *high, const int64_t *wanted, int64_t k,
               int64_t enough, int by_mean, double *centre, int64_t *size, double *least,
               int64_t *pool, int64_t *zeros, double *deviation, double *tail, double *first,
               double *third);

/* A level and one additive effect a feature, fitted in turn on each window, and the spread of what
 * they leave.
 *
 * The points are in order of time. `codes` holds m groups for each of 1 to DTK_MOST_FEATURES
 * features, one feature after another, those of feature i in [0, groups[i]); `wanted` holds k, those
 * of the targets. The level is the median of the window (by_mean: the mean, correctly rounded). The
 * effect of a group of `fewest` points or more is that of what the level and the effects of earlier
 * features leave of them; a smaller group has none. A target borrows what all of them leave of the
 * points whose fitted values are nearest to its own, those at equal distance together, until it has
 * `enough`.
 *
 * centre     the level and the effects of the target's groups, added in turn
 * size       points in the smallest of its groups that has an effect; of the window if none has
 * effects    how many have one
 * least      smallest value of the points whose fitted value is `centre`; NaN if there is none
 * pool, zeros, deviation, tail, first, third: as in dtk_pooled
 */
#define DTK_MOST_FEATURES 16
int dtk_effects(const double *values, int64_t m, const int64_t *groups, int64_t features,
                const int64_t *codes, const int64_t *low, const int64_t *high,
                const int64_t *wanted, int64_t k, int64_t fewest, int64_t enough, int by_mean,
                double *centre, int64_t *size, int64_t *effects, double *least, int64_t *pool,
                int64_t *zeros, double *deviation, double *tail, double *first, double *third);

#endif
