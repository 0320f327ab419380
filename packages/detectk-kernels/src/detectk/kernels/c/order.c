/* Order statistics of windows: each by itself or sliding, whichever takes less for these. */
#include "order.h"

#include <stddef.h>

#include "kernels.h"

/* Measured nanoseconds, of which only the ratios matter: for a statistic of a window by itself, by
 * its length n, and sliding for the call, for a value of the sequence and for a window. */
#define SINGLE(n) (2.0 * (double)(n) + ((n) < 150 ? 6.0 * (double)(n) : 900.0))
#define PREPARE 1500.0
#define PREPARE_VALUE 20.0
#define STEP 50.0

int dtk_order(const double *values, int64_t m, const int64_t *low, const int64_t *high, int64_t k,
              double *median, double *deviation, double *tail, double *first, double *third,
              double *least) {
    dtk_orders orders = {values, low, high, k, 0, median, deviation, tail, first, third, least};
    int statistics = first ? 3 : deviation ? 2 : 1;
    double singly = 0, sliding;
    (void)m;
    if (!k) return 0;
    for (int64_t j = 0; j < k; j++) {
        int64_t n = high[j] - low[j];
        if (n > orders.longest) orders.longest = n;
        singly += SINGLE(n);
    }
    sliding = PREPARE + PREPARE_VALUE * (double)(high[k - 1] - low[0]) + STEP * (double)k;
    if (singly * statistics < sliding || orders.longest > DTK_LONGEST_SLIDE) {
        return dtk_order_singly(&orders);
    }
    return dtk_order_sliding(&orders);
}
