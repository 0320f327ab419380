/* Order statistics of a handful of windows, without any set-up. */
#ifndef DETECTK_PICK_H
#define DETECTK_PICK_H

#include <stdint.h>

/* The value with `rank` others below it, in linear time; and in `next`, unless it is NULL, the one
 * with `rank + 1`, where there is one. `scratch` has room for 2 * n values. */
double dtk_pick(const double *values, int64_t n, int64_t rank, double *next, double *scratch);

#endif
