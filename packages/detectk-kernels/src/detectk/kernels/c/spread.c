/* Statistics of the values of one window, or of one pool of residuals, in linear time. */
#include "spread.h"

#include <math.h>
#include <stddef.h>

#include "order.h"
#include "pick.h"
#include "sums.h"

double dtk_median(const double *values, int64_t n, double *scratch) {
    double next;
    if (n & 1) return dtk_pick(values, n, n / 2, NULL, scratch);
    double below = dtk_pick(values, n, n / 2 - 1, &next, scratch);
    return (below + next) / 2;
}

double dtk_quantile(const double *values, int64_t n, double share, double *scratch) {
    dtk_place place = dtk_quantile_place(share, n);
    double next, below;
    if (n == 1) return values[0];
    below = dtk_pick(values, n, place.below, &next, scratch);
    return dtk_blend(below, next, place.part);
}

double dtk_root_mean_square(const double *values, int64_t n, double *scratch) {
    double largest = 0;
    int exponent;
    for (int64_t i = 0; i < n; i++) largest = fabs(values[i]) > largest ? fabs(values[i]) : largest;
    if (largest == 0) return 0;
    frexp(largest, &exponent);
    /* On the way up a product loses nothing, so two of them are as good as one. */
    int by = -exponent > 1000 ? 1000 : -exponent;
    double factor = ldexp(1, by), more = ldexp(1, -exponent - by);
    for (int64_t i = 0; i < n; i++) scratch[i] = values[i] * factor * more;
    return ldexp(sqrt(dtk_sum_squares(scratch, n) / (double)n), exponent);
}

void dtk_spread(const double *residuals, int64_t n, double *deviation, double *tail,
                double *first, double *third, double *scratch) {
    if (!tail) {
        *deviation = dtk_root_mean_square(residuals, n, scratch);
        return;
    }
    *deviation = *tail = NAN;
    if (first) {
        *first = dtk_quantile(residuals, n, 0.25, scratch);
        *third = dtk_quantile(residuals, n, 0.75, scratch);
        if (*first != *third) return;
    }
    double *distances = scratch + 2 * n;
    for (int64_t i = 0; i < n; i++) distances[i] = fabs(residuals[i]);
    *deviation = dtk_median(distances, n, scratch);
    if (*deviation == 0) *tail = dtk_quantile(distances, n, 0.95, scratch);
}
