/* What the kernels take for granted, checked in one pass before they start. */
#include "checks.h"

#include <string.h>

static const Fault NONE = {NULL, 0, NULL};

static Fault fault(const char *what, int64_t at, const char *rule) {
    Fault found = {what, at, rule};
    return found;
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

Fault check_windows(const double *values, int64_t m, const int64_t *low, const int64_t *high,
                    int64_t k) {
    int64_t from = 0, to = 0;
    for (int64_t j = 0; j < k; j++) {
        if (low[j] < from) {
            return fault("low is negative or falls", j, "sort the windows");
        }
        if (high[j] < to) {
            return fault("high is negative or falls", j, "sort the windows");
        }
        if (low[j] > high[j]) {
            return fault("low is above high", j, "give low <= high");
        }
        if (high[j] > m) {
            return fault("high is beyond the last value", j, "give high <= the count of values");
        }
        from = low[j];
        to = high[j];
    }
    /* Twice the bits lose the sign: everything beyond 2**1000, infinity and NaN compare greater. */
    const uint64_t most = bits_of(0x1p1000) << 1, minus_zero = (uint64_t)1 << 63;
    for (int64_t i = k > 0 ? low[0] : 0; i < to; i++) {
        uint64_t bits = bits_of(values[i]);
        if (bits << 1 > most) {
            return fault("values is not finite or beyond 2**1000", i, "leave it out or clip it");
        }
        if (bits == minus_zero) {
            return fault("values is -0.0", i, "add 0.0 to the values");
        }
    }
    return NONE;
}

/* Smallest and largest of elements [low, high), which must not be none. */
static void extremes(const int64_t *elements, int64_t low, int64_t high, int64_t *least,
                     int64_t *most) {
    *least = *most = elements[low];
    for (int64_t i = low + 1; i < high; i++) {
        *least = elements[i] < *least ? elements[i] : *least;
        *most = elements[i] > *most ? elements[i] : *most;
    }
}

Fault check_weights(const int64_t *mass, const int64_t *exponent, const int64_t *low,
                    const int64_t *high, const int64_t *offset, int64_t k) {
    const int64_t limit = (int64_t)1 << 62;
    int64_t checked = k > 0 ? low[0] : 0, rising = checked;
    for (int64_t j = 0; j < k; j++) {
        if (high[j] - low[j] > MOST_WEIGHTED) {
            return fault("more than 2**20 points in a window", j, "make the window shorter");
        }
        /* `rising` is where the elements that never fall up to high[j] begin. */
        const int64_t *elements = exponent ? exponent : mass;
        for (; checked < high[j]; checked++) {
            if (elements[checked] <= -limit || elements[checked] >= limit) {
                return fault("mass or exponent is beyond 2**62", checked, "give smaller ones");
            }
            if (exponent && (mass[checked] < (int64_t)1 << 20 || mass[checked] >= (int64_t)1 << 21)) {
                return fault("mass is not in [2**20, 2**21)", checked, "scale it by the exponent");
            }
            if (checked > 0 && elements[checked] < elements[checked - 1]) {
                rising = checked;
            }
        }
        if (exponent) {
            if (rising > low[j] && low[j] < high[j]) {
                return fault("exponent falls within a window", j, "give newer points no lesser ones");
            }
            continue;
        }
        if (offset[j] <= -limit || offset[j] >= limit) {
            return fault("offset is beyond 2**62", j, "give a smaller one");
        }
        if (low[j] == high[j]) {
            continue;
        }
        int64_t least = mass[low[j]], most = mass[high[j] - 1];
        if (rising > low[j]) {
            extremes(mass, low[j], high[j], &least, &most);
        }
        if (least + offset[j] <= 0) {
            return fault("a weight is not positive in window", j, "give a greater offset");
        }
        if (most + offset[j] > INT64_MAX / (high[j] - low[j])) {
            return fault("the weights may sum to 2**63 in window", j, "give smaller ones");
        }
    }
    return NONE;
}

Fault check_codes(const int64_t *codes, int64_t count, int64_t least, int64_t end) {
    for (int64_t i = 0; i < count; i++) {
        if (codes[i] < least || codes[i] >= end) {
            return least < 0 ? fault("wanted is not in [-1, groups)", i, "number the groups from 0")
                             : fault("codes is not in [0, groups)", i, "number the groups from 0");
        }
    }
    return NONE;
}

Fault check_features(int64_t groups, int64_t at, const int64_t *codes, int64_t points,
                     const int64_t *wanted, int64_t windows) {
    if (groups < 0 || groups > MOST_GROUPS_OF_FEATURE) {
        return fault("groups is out of range", at, "give 0 to 16777216");
    }
    Fault found = check_codes(codes, points, 0, groups);
    if (found.what == NULL) {
        found = check_codes(wanted, windows, 0, groups);
        if (found.what != NULL) found.what = "wanted is not in [0, groups)";
    }
    return found;
}
