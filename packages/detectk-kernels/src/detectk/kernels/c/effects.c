/* One additive effect a feature, fitted in turn, and the residuals of points fitted nearby. */
#include <math.h>
#include <stdlib.h>

#include "features.h"
#include "kernels.h"
#include "near.h"
#include "pick.h"
#include "spread.h"
#include "sums.h"

/* The points of a window, in order of time, and room for as many as a window ever holds. */
typedef struct {
    int64_t size;
    const double *values;
    double *fitted; /* the level and the effects so far */
    double *left;   /* what these leave of the values */
    double *some;   /* of the points: a group, or distances */
    double *pool;
    double *scratch; /* three times as many */
    double *memory;
} Window;

static int make_room(Window *window, const int64_t *low, const int64_t *high, int64_t k) {
    size_t longest = 1;
    for (int64_t row = 0; row < k; row++) {
        size_t n = (size_t)(high[row] - low[row]);
        longest = n > longest ? n : longest;
    }
    window->memory = malloc(7 * longest * sizeof *window->memory);
    if (!window->memory) return -1;
    window->fitted = window->memory;
    window->left = window->memory + longest;
    window->some = window->memory + 2 * longest;
    window->pool = window->memory + 3 * longest;
    window->scratch = window->memory + 4 * longest;
    return 0;
}

static double mean_of(const double *values, int64_t n) {
    dtk_sum sum = {0, 0, 0};
    for (int64_t i = 0; i < n; i++) dtk_sum_add(&sum, values[i]);
    return dtk_mean(&sum, values, n, -1);
}

/* Explain what is left by the groups of a feature. */
static void fit(Window *window, const dtk_feature *feature, int64_t fewest, int by_mean) {
    double *left = window->left, *fitted = window->fitted;
    const int64_t *codes = feature->codes + feature->window_low;
    for (int64_t i = 0; i < feature->present_count; i++) {
        int64_t code = feature->present[i], n = dtk_group_size(feature, code);
        dtk_stretch *group = &feature->groups[code];
        const int64_t *order = feature->order + group->low;
        feature->effects[code] = 0;
        if (n < fewest) continue;
        for (int64_t j = 0; j < n; j++) window->some[j] = left[order[j] - feature->window_low];
        feature->effects[code] =
            by_mean ? mean_of(window->some, n)
                    : dtk_median_near(window->some, n, &group->hint, window->scratch);
    }
    for (int64_t i = 0; i < window->size; i++) {
        double effect = feature->effects[codes[i]];
        left[i] -= effect;
        fitted[i] += effect;
    }
}

/* Bring what is left of the points fitted nearest to `centre` to the pool, those at equal distance
 * together, until there are `enough`; returns how many. */
static int64_t borrow(Window *window, double centre, int64_t enough, int64_t *zeros,
                      double *least) {
    int64_t n = window->size, total = 0, not_above = 0;
    double *distances = window->some, bound = INFINITY, smallest = INFINITY;
    for (int64_t i = 0; i < n; i++) distances[i] = fabs(window->fitted[i] - centre);
    if (n > enough) bound = dtk_pick(distances, n, enough - 1, NULL, window->scratch);
    for (int64_t i = 0; i < n; i++) {
        double value = window->values[i];
        int is_near = distances[i] <= bound;
        window->pool[total] = window->left[i];
        total += is_near;
        not_above += is_near & (value <= 0);
        smallest = (distances[i] == 0) & (value < smallest) ? value : smallest;
    }
    *zeros = not_above;
    *least = smallest < INFINITY ? smallest : NAN;
    return total;
}

int dtk_effects(const double *values, int64_t m, const int64_t *groups, int64_t features,
                const int64_t *codes, const int64_t *low, const int64_t *high,
                const int64_t *wanted, int64_t k, int64_t fewest, int64_t enough, int by_mean,
                double *centre, int64_t *size, int64_t *effects, double *least, int64_t *pool,
                int64_t *zeros, double *deviation, double *tail, double *first, double *third) {
    Window window = {0};
    dtk_feature all[DTK_MOST_FEATURES] = {{0}};
    int status = make_room(&window, low, high, k);
    for (int64_t i = 0; i < features && !status; i++) {
        status = dtk_feature_open(&all[i], codes + i * m, m, groups[i]);
    }
    if (!status) {
        /* The levels, as long as nothing else is known. */
        status = by_mean ? dtk_moments(values, m, low, high, k, centre, deviation)
                         : dtk_order(values, m, low, high, k, centre, NULL, NULL, NULL, NULL, NULL);
    }
    for (int64_t row = 0; row < k && !status; row++) {
        int64_t n = window.size = high[row] - low[row];
        double level = centre[row];
        window.values = values + low[row];
        size[row] = n;
        effects[row] = pool[row] = zeros[row] = 0;
        least[row] = deviation[row] = NAN;
        if (tail) tail[row] = NAN;
        if (first) first[row] = third[row] = NAN;
        if (!n) continue;
        for (int64_t i = 0; i < n; i++) {
            window.left[i] = window.values[i] - level;
            window.fitted[i] = level;
        }
        for (int64_t i = 0; i < features; i++) {
            int64_t code = wanted[i * k + row];
            dtk_feature_move(&all[i], low[row], high[row]);
            fit(&window, &all[i], fewest, by_mean);
            int64_t mine = dtk_group_size(&all[i], code);
            if (mine < fewest) continue;
            centre[row] += all[i].effects[code];
            if (mine < size[row]) size[row] = mine;
            effects[row]++;
        }
        pool[row] = borrow(&window, centre[row], enough, &zeros[row], &least[row]);
        dtk_spread(window.pool, pool[row], &deviation[row], tail ? &tail[row] : NULL,
                   first ? &first[row] : NULL, first ? &third[row] : NULL, window.scratch);
    }
    for (int64_t i = 0; i < features; i++) dtk_feature_discard(&all[i]);
    free(window.memory);
    return status;
}
