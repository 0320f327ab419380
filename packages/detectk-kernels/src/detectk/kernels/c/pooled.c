/* Centres of thin groups, and the residuals that groups of about the same level lend them.
 *
 * A target reads outward from its own level among those of all lenders. The quantiles of a pool
 * are looked for where those of the same group were one season before.
 */
#include <math.h>

#include "kernels.h"
#include "lenders.h"
#include "order.h"
#include "pick.h"

#define SORTED 32 /* values, up to which sorting is faster than selecting */
#define NEAR 8    /* over the number of residuals: how far a quantile has moved, as a share */
#define ASIDE 1.5 /* times as far is where it is looked for next */
#define ATTEMPTS 4
#define MANY 512  /* residuals */

/* The centre of the values but for one: it is the same for all on one side of the middle. */
typedef struct {
    int64_t split;               /* values before it have the first centre */
    double below, at, above;     /* `at` is that of the middle one of an odd count */
} Centres;

static Centres centres_of(const double *sorted, int64_t n, double level, int64_t enough) {
    int64_t half = n / 2;
    if (n >= enough) return (Centres){half, level, level, level};
    if (n & 1) {
        return (Centres){half, (sorted[half] + sorted[half + 1]) / 2,
                         (sorted[half - 1] + sorted[half + 1]) / 2,
                         (sorted[half - 1] + sorted[half]) / 2};
    }
    return (Centres){half, sorted[half], 0, sorted[half - 1]};
}

static void lend_residuals(const Pooling *pooling, const Group *group, double *into) {
    const double *sorted = pooling->sorted + group->start;
    int64_t n = size_of(group), i = 0;
    Centres centres = centres_of(sorted, n, group->level, pooling->enough);
    for (; i < centres.split; i++) into[i] = sorted[i] - centres.below;
    for (; i < n; i++) into[i] = sorted[i] - centres.above;
    if (n & 1) into[centres.split] = sorted[centres.split] - centres.at;
}

static void lend_distances(const Pooling *pooling, const Group *group, double *into) {
    const double *sorted = pooling->sorted + group->start;
    int64_t n = size_of(group), i = 0;
    Centres centres = centres_of(sorted, n, group->level, pooling->enough);
    for (; i < centres.split; i++) into[i] = centres.below - sorted[i];
    for (; i < n; i++) into[i] = sorted[i] - centres.above;
    if (n & 1) into[centres.split] = fabs(sorted[centres.split] - centres.at);
}

static const double *residuals_by_mean(Pooling *pooling, Group *group) {
    double *residuals = pooling->residuals + group->start;
    if (group->residuals_ready) return residuals;
    const double *sorted = pooling->sorted + group->start;
    int64_t n = size_of(group);
    group->residuals_ready = 1;
    group->largest = 0;
    for (int64_t i = 0; i < n; i++) {
        double centre = n >= pooling->enough ? group->level : dtk_mean(&group->sum, sorted, n, i);
        residuals[i] = sorted[i] - centre;
        if (fabs(residuals[i]) > group->largest) group->largest = fabs(residuals[i]);
    }
    return residuals;
}

typedef void Lend(const Pooling *pooling, const Group *group, double *into);

/* Bring what the groups lend to the buffer. */
static void gather(const Pooling *pooling, Lend *lend) {
    double *into = pooling->buffer;
    for (int64_t i = 0; i < pooling->borrowed_count; i++) {
        const Group *group = &pooling->groups[pooling->borrowed[i]];
        lend(pooling, group, into);
        into += size_of(group);
    }
}

/* How many of the distances are 0. */
static int64_t count_still(Pooling *pooling) {
    int64_t all = 0;
    for (int64_t i = 0; i < pooling->borrowed_count; i++) {
        Group *group = &pooling->groups[pooling->borrowed[i]];
        if (!group->still_ready) {
            double *distances = pooling->other_buffer;
            lend_distances(pooling, group, distances);
            group->still = 0;
            for (int64_t j = 0; j < size_of(group); j++) group->still += distances[j] == 0;
            group->still_ready = 1;
        }
        all += group->still;
    }
    return all;
}

static void insert_sorted(double *values, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        double value = values[i];
        int64_t j = i;
        for (; j && values[j - 1] > value; j--) values[j] = values[j - 1];
        values[j] = value;
    }
}

/* The value in the buffer with `rank` others below it and, in `next`, the one after it.
 *
 * It is looked for where the last target of the same group found its own: a season has passed,
 * and hardly a value has changed. Where that fails, it only takes longer. */
static double pick(Pooling *pooling, int64_t total, int64_t rank, double guess, double reach,
                   double *next) {
    const double *values = pooling->buffer;
    if (total > MANY) {
        /* So many only come together where levels are equal: then values are, too. */
        int64_t below = 0, upto = 0;
        for (int64_t i = 0; i < total; i++) {
            below += values[i] < guess;
            upto += values[i] <= guess;
        }
        *next = guess;
        if (below <= rank && rank + 1 < upto) return guess;
    }
    for (int attempt = 0; attempt < ATTEMPTS && total <= MANY; attempt++) {
        double *kept = pooling->other_buffer;
        int64_t below = 0, size = 0;
        for (int64_t i = 0; i < total; i++) {
            double away = values[i] - guess;
            kept[size] = values[i];
            size += fabs(away) <= reach;
            below += away < -reach;
        }
        if (size > SORTED) break;
        if (rank < below) {
            guess -= ASIDE * reach;
        } else if (rank + 1 >= below + size) {
            guess += ASIDE * reach;
        } else {
            insert_sorted(kept, size);
            *next = kept[rank - below + 1];
            return kept[rank - below];
        }
    }
    return dtk_pick(values, total, rank, next, pooling->other_buffer);
}

static double quantile_of(Pooling *pooling, Group *own, int which, int64_t total, double share) {
    dtk_place place = dtk_quantile_place(share, total);
    double next, below;
    below = pick(pooling, total, place.below, own->guess[which], own->reach[which], &next);
    double found = place.below + 1 == total ? below : dtk_blend(below, next, place.part);
    own->guess[which] = found;
    return found;
}

static double middle_distance(Pooling *pooling, Group *own, int64_t total) {
    if (own->guess[DEVIATION] == 0 && count_still(pooling) > total / 2) return 0;
    gather(pooling, lend_distances);
    double next, found = pick(pooling, total, (total - 1) / 2, own->guess[DEVIATION],
                              own->reach[DEVIATION], &next);
    if (!(total & 1)) found = (found + next) / 2;
    own->guess[DEVIATION] = found;
    own->reach[DEVIATION] = found * NEAR / (double)total;
    return found;
}

/* The 0.95 quantile of the distances, most of which are 0. */
static double tail_of(Pooling *pooling, Group *own, int64_t total) {
    dtk_place place = dtk_quantile_place(0.95, total);
    if (place.below + 1 < count_still(pooling)) return 0;
    gather(pooling, lend_distances);
    double found = quantile_of(pooling, own, TAIL, total, 0.95);
    own->reach[TAIL] = found * NEAR / (double)total;
    return found;
}

static void quartiles_of(Pooling *pooling, Group *own, int64_t total, double *first,
                         double *third) {
    gather(pooling, lend_residuals);
    *first = quantile_of(pooling, own, FIRST, total, 0.25);
    *third = quantile_of(pooling, own, THIRD, total, 0.75);
    own->reach[FIRST] = own->reach[THIRD] = (*third - *first) * NEAR / (double)total;
}

static double root_mean_square(Pooling *pooling, int64_t total) {
    double largest = 0;
    int exponent;
    for (int64_t i = 0; i < pooling->borrowed_count; i++) {
        Group *group = &pooling->groups[pooling->borrowed[i]];
        residuals_by_mean(pooling, group);
        if (group->largest > largest) largest = group->largest;
    }
    if (largest == 0) return 0;
    frexp(largest, &exponent);
    /* On the way up a product loses nothing, so two of them are as good as one. */
    int by = -exponent > 1000 ? 1000 : -exponent;
    double factor = ldexp(1, by), more = ldexp(1, -exponent - by), *into = pooling->buffer;
    for (int64_t i = 0; i < pooling->borrowed_count; i++) {
        Group *group = &pooling->groups[pooling->borrowed[i]];
        const double *residuals = pooling->residuals + group->start;
        for (int64_t j = 0; j < size_of(group); j++) *into++ = residuals[j] * factor * more;
    }
    return ldexp(sqrt(dtk_sum_squares(pooling->buffer, total) / (double)total), exponent);
}

/* Borrow from the lenders nearest to the level of a group; returns how many residuals. */
static int64_t borrow(Pooling *pooling, int64_t own, int64_t *zeros) {
    const double *levels = pooling->levels, level = pooling->groups[own].level;
    int64_t right = pooling->groups[own].listed ? dtk_place_of_lender(pooling, own, level)
                                                : dtk_place_of_level(pooling, level, own);
    int64_t left = right - 1, total = 0;
    pooling->borrowed_count = *zeros = 0;
    while (total < pooling->enough) {
        double down = left >= 0 ? level - levels[left] : INFINITY;
        double up = right < pooling->lender_count ? levels[right] - level : INFINITY;
        double ring = down < up ? down : up;
        if (ring == INFINITY) break;
        while (down == ring || up == ring) {
            int64_t code = pooling->lenders[down == ring ? left-- : right++];
            const Group *group = &pooling->groups[code];
            pooling->borrowed[pooling->borrowed_count++] = code;
            total += size_of(group);
            *zeros += group->zeros;
            down = left >= 0 ? level - levels[left] : INFINITY;
            up = right < pooling->lender_count ? levels[right] - level : INFINITY;
        }
    }
    return total;
}

int dtk_pooled(const double *values, const int64_t *codes, int64_t m, int64_t groups,
               const int64_t *low, const int64_t *high, const int64_t *wanted, int64_t k,
               int64_t enough, int by_mean, double *centre, int64_t *size, double *least,
               int64_t *pool, int64_t *zeros, double *deviation, double *tail, double *first,
               double *third) {
    Pooling pooling = {.enough = enough, .by_mean = by_mean};
    int status = dtk_lenders_open(&pooling, values, codes, m, groups, low, high, wanted, k);
    for (int64_t row = 0; row < k && !status; row++) {
        if (wanted[row] < 0) continue;
        dtk_lenders_move(&pooling, codes, low[row], high[row]);

        Group *own = &pooling.groups[wanted[row]];
        size[row] = size_of(own);
        pool[row] = zeros[row] = 0;
        centre[row] = least[row] = deviation[row] = NAN;
        if (tail) tail[row] = NAN;
        if (first) first[row] = third[row] = NAN;
        if (!size[row]) continue;
        centre[row] = own->level;
        least[row] = pooling.sorted[own->start];
        int64_t total = pool[row] = borrow(&pooling, wanted[row], &zeros[row]);
        if (!total) continue;
        if (by_mean) {
            deviation[row] = root_mean_square(&pooling, total);
            continue;
        }
        if (first) {
            quartiles_of(&pooling, own, total, &first[row], &third[row]);
            if (first[row] != third[row]) continue;
        }
        deviation[row] = middle_distance(&pooling, own, total);
        if (deviation[row] == 0 && tail) tail[row] = tail_of(&pooling, own, total);
    }
    dtk_lenders_discard(&pooling);
    return status;
}
