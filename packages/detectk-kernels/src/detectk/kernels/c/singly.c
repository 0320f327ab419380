/* Order statistics of windows that are too few to be worth a set-up. */
#include <math.h>
#include <stdlib.h>

#include "order.h"
#include "spread.h"

static double smallest(const double *values, int64_t n) {
    double least = values[0];
    for (int64_t i = 1; i < n; i++) least = values[i] < least ? values[i] : least;
    return least;
}

static void spread(const dtk_orders *orders, int64_t j, const double *values, int64_t n,
                   double *scratch) {
    double centre = orders->median[j], *distances = scratch + 2 * n;
    for (int64_t i = 0; i < n; i++) distances[i] = fabs(values[i] - centre);
    orders->deviation[j] = dtk_median(distances, n, scratch);
    orders->tail[j] =
        orders->deviation[j] == 0 ? dtk_quantile(distances, n, 0.95, scratch) : (double)NAN;
}

int dtk_order_singly(const dtk_orders *orders) {
    double *scratch = malloc((size_t)(orders->longest ? orders->longest : 1) * 3 * sizeof *scratch);
    if (!scratch) return -1;
    for (int64_t j = 0; j < orders->count; j++) {
        const double *values = orders->values + orders->low[j];
        int64_t n = orders->high[j] - orders->low[j];
        int wide = 0;
        if (orders->deviation) orders->deviation[j] = orders->tail[j] = NAN;
        orders->median[j] = n ? dtk_median(values, n, scratch) : (double)NAN;
        if (orders->least) orders->least[j] = n ? smallest(values, n) : (double)NAN;
        if (orders->first) {
            orders->first[j] = n ? dtk_quantile(values, n, 0.25, scratch) : (double)NAN;
            orders->third[j] = n ? dtk_quantile(values, n, 0.75, scratch) : (double)NAN;
            wide = orders->first[j] != orders->third[j];
        }
        if (orders->deviation && n && !wide) spread(orders, j, values, n, scratch);
    }
    free(scratch);
    return 0;
}
