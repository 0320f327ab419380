/* One pass leaves the few values about the guess, which are sorted. */
#include "near.h"

#include <math.h>

#include "pick.h"

#define ATTEMPTS 3
#define SORTED 32 /* values, up to which sorting is faster than selecting */
#define WANTED 12 /* values about the guess, that bad luck hardly ever leaves out the median */
#define ASIDE 1.5 /* times as far is where it is looked for next */

static void sort_few(double *values, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        double value = values[i];
        int64_t j = i;
        for (; j && values[j - 1] > value; j--) values[j] = values[j - 1];
        values[j] = value;
    }
}

/* The value with `rank` others below it, and the next one. A reach of 0 says that ties are likely:
 * nothing is looked for but the guess itself. */
static double pick_near(const double *values, int64_t n, int64_t rank, dtk_hint *hint,
                        double *next, double *scratch) {
    double *kept = scratch, guess = hint->guess, reach = hint->reach, picked;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int64_t below = 0, size = 0;
        for (int64_t i = 0; i < n; i++) {
            double away = values[i] - guess;
            kept[size] = values[i];
            size += fabs(away) <= reach;
            below += away < -reach;
        }
        if (rank >= below && rank + 1 < below + size) {
            if (reach == 0) return *next = guess;
            if (size < WANTED / 2) hint->reach *= 2;
            if (size > WANTED * 2) hint->reach /= 2;
            if (size <= SORTED) {
                sort_few(kept, size);
                *next = kept[rank - below + 1];
                return kept[rank - below];
            }
            picked = dtk_pick(kept, size, rank - below, next, scratch + n);
            if (picked == guess && *next == guess) hint->reach = 0;
            return picked;
        }
        if (reach == 0) break;
        guess += rank < below ? -ASIDE * reach : ASIDE * reach;
        if (size < WANTED / 2) hint->reach *= 2;
    }
    picked = dtk_pick(values, n, rank, next, scratch);
    if (reach == 0) hint->reach = fabs(values[0] - picked) * WANTED / (double)n;
    return picked;
}

double dtk_median_near(const double *values, int64_t n, dtk_hint *hint, double *scratch) {
    double next, picked = n > 1 ? pick_near(values, n, (n - 1) / 2, hint, &next, scratch) : *values;
    hint->guess = picked;
    return n & 1 ? picked : (picked + next) / 2;
}
