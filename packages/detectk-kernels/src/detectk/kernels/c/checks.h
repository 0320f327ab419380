/* What the kernels take for granted, checked in one pass before they start. */
#ifndef DETECTK_CHECKS_H
#define DETECTK_CHECKS_H

#include <stdint.h>

#define MOST_GROUPS INT32_MAX
#define MOST_GROUPS_OF_FEATURE ((int64_t)1 << 24)
#define MOST_WEIGHTED ((int64_t)1 << 20)

/* What is wrong, where, and what holds instead; nothing is wrong if `what` is NULL. */
typedef struct {
    const char *what;
    int64_t at;
    const char *rule;
} Fault;

Fault check_windows(const double *values, int64_t m, const int64_t *low, const int64_t *high,
                    int64_t k);

Fault check_weights(const int64_t *mass, const int64_t *exponent, const int64_t *low,
                    const int64_t *high, const int64_t *offset, int64_t k);

/* Refuse codes that are not in [least, end). */
Fault check_codes(const int64_t *codes, int64_t count, int64_t least, int64_t end);

/* Refuse what is wrong with the feature at `at`, which has so many groups: the groups of the points
 * or of the targets. */
Fault check_features(int64_t groups, int64_t at, const int64_t *codes, int64_t points,
                     const int64_t *wanted, int64_t windows);

#endif
