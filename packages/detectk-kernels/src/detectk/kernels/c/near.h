/* Selection near a guess: faster than without one where it is good, and never much slower. */
#ifndef DETECTK_NEAR_H
#define DETECTK_NEAR_H

#include <stdint.h>

/* Where a value was found last, and how far from there it is looked for first. All zero at first;
 * what is found does not depend on it. */
typedef struct {
    double guess, reach;
} dtk_hint;

/* As dtk_median, and the hint is brought up to date. `scratch` has room for 3 * n values. */
double dtk_median_near(const double *values, int64_t n, dtk_hint *hint, double *scratch);

#endif
