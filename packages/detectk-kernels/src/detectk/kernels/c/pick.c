/* Selection by sampled brackets: one pass leaves the few values between two bounds that, by a
 * sample, probably hold the one wanted. Bisection of the keys bounds what bad luck can cost. */
#include "pick.h"

#include <math.h>

#include "keys.h"

/* Measured: a larger sample leaves fewer values, but costs more than that saves. */
#define FEW 48
#define SAMPLE 32
#define MARGIN 5 /* two standard deviations of a place in the sample, nearly */
#define ROUNDS 7 /* enough for 100,000 values with fair luck */

/* Sort into `sorted` by counting what lies below each value: nothing for branches to foresee. Equal
 * values meet in one place, and leave those behind it to be filled. */
static void sort_few(const double *values, int64_t n, double *sorted) {
    for (int64_t i = 0; i < n; i++) sorted[i] = NAN;
    for (int64_t i = 0; i < n; i++) {
        double value = values[i];
        int64_t below = 0;
        for (int64_t j = 0; j < n; j++) {
            if (values[j] < value) below++;
        }
        sorted[below] = value;
    }
    for (int64_t i = 1; i < n; i++) sorted[i] = isnan(sorted[i]) ? sorted[i - 1] : sorted[i];
}

/* Places at random, so that no period of the data can mislead. */
static void sample(const double *values, int64_t n, uint64_t *state, double *sorted) {
    double drawn[SAMPLE];
    for (int i = 0; i < SAMPLE; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        drawn[i] = values[(*state >> 32) * (uint64_t)n >> 32];
    }
    sort_few(drawn, SAMPLE, sorted);
}

/* Bring what lies within [low, high] to `into`; returns how many, and in `less` those below. */
static int64_t between(const double *values, int64_t n, double low, double high, int64_t *less,
                       double *into) {
    int64_t size = 0, below = 0;
    for (int64_t i = 0; i < n; i++) {
        double value = values[i];
        into[size] = value;
        size += (value >= low) & (value <= high);
    }
    for (int64_t i = 0; i < n; i++) {
        if (values[i] < low) below++;
    }
    *less = below;
    return size;
}

static int64_t under(const double *values, int64_t n, double bound, double *into) {
    int64_t size = 0;
    for (int64_t i = 0; i < n; i++) {
        into[size] = values[i];
        size += values[i] < bound;
    }
    return size;
}

static int64_t over(const double *values, int64_t n, double bound, double *into) {
    int64_t size = 0;
    for (int64_t i = 0; i < n; i++) {
        into[size] = values[i];
        size += values[i] > bound;
    }
    return size;
}

/* At most 64 passes, whatever the values are. */
static double bisect(const double *values, int64_t n, int64_t rank) {
    uint64_t low = dtk_key(-INFINITY), high = dtk_key(INFINITY);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        double bound = dtk_unkey(middle);
        int64_t reached = 0;
        for (int64_t i = 0; i < n; i++) {
            if (values[i] <= bound) reached++;
        }
        if (reached > rank) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return dtk_unkey(low) + 0.0; /* -0.0 has a key of its own */
}

static double next_of(const double *values, int64_t n, int64_t rank, double picked) {
    int64_t reached = 0;
    double next = INFINITY;
    for (int64_t i = 0; i < n; i++) {
        double value = values[i] > picked ? values[i] : INFINITY;
        if (values[i] <= picked) reached++;
        next = value < next ? value : next;
    }
    return reached > rank + 1 ? picked : next;
}

double dtk_pick(const double *values, int64_t n, int64_t rank, double *next, double *scratch) {
    double samples[SAMPLE], *into = scratch, picked;
    const double *left = values;
    int64_t size = n, wanted = rank, less = 0;
    uint64_t state = 1;
    int single = 0;
    for (int round = 0; size > FEW; round++) {
        if (round == ROUNDS) {
            picked = bisect(left, size, wanted);
            if (next) *next = next_of(values, n, rank, picked);
            return picked;
        }
        sample(left, size, &state, samples);
        int place = (int)((double)wanted / (double)size * SAMPLE), margin = single ? 0 : MARGIN;
        double low = place < margin ? -INFINITY : samples[place - margin];
        double high = place + margin >= SAMPLE ? INFINITY : samples[place + margin];
        int64_t kept = between(left, size, low, high, &less, into);
        if (wanted < less) {
            kept = under(left, size, low, into);
            less = 0;
        } else if (wanted >= less + kept) {
            less += kept;
            kept = over(left, size, high, into);
        } else if (low == high) {
            if (next) {
                *next = wanted + 1 < less + kept ? low : next_of(values, n, rank, low);
            }
            return low;
        }
        /* Few distinct values: the bracket holds most of them, but a single one splits them. */
        single = kept > size / 2;
        wanted -= less;
        size = kept;
        left = into;
        into = into == scratch ? scratch + n : scratch;
    }
    sort_few(left, size, into);
    picked = into[wanted];
    if (next) *next = wanted + 1 < size ? into[wanted + 1] : next_of(values, n, rank, picked);
    return picked;
}
