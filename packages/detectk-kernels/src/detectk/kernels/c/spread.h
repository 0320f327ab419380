/* Statistics of the values of one window, or of one pool of residuals, in linear time. */
#ifndef DETECTK_SPREAD_H
#define DETECTK_SPREAD_H

#include <stdint.h>

/* Of one value or more; `scratch` has room for 2 * n. */
double dtk_median(const double *values, int64_t n, double *scratch);

/* The quantile of type 7 of Hyndman & Fan; otherwise like the median. */
double dtk_quantile(const double *values, int64_t n, double share, double *scratch);

/* Root of the mean of the squares, each rounded, as is their sum; `scratch` has room for n. */
double dtk_root_mean_square(const double *values, int64_t n, double *scratch);

/* Spread of one residual or more around 0, as `dtk_pooled` has it; `tail` NULL asks for the root
 * of the mean of the squares. `scratch` has room for 3 * n values. */
void dtk_spread(const double *residuals, int64_t n, double *deviation, double *tail,
                double *first, double *third, double *scratch);

#endif
