/* Whole numbers of several 64-bit limbs, the least significant first. */
#ifndef DETECTK_WIDE_H
#define DETECTK_WIDE_H

#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#define DTK_INLINE static __forceinline
#else
#define DTK_INLINE static inline __attribute__((always_inline))
#endif

/* Length of x in bits; 0 for 0. */
DTK_INLINE int wide_length(uint64_t x) {
#if defined(__GNUC__)
    return x ? 64 - __builtin_clzll(x) : 0;
#else
    int length = 0;
    for (int step = 32; step; step /= 2) {
        if (x >> step) {
            x >>= step;
            length += step;
        }
    }
    return length + (x != 0);
#endif
}

/* Return the low limb of a * b + c + *high and leave the high one there; it never overflows. */
DTK_INLINE uint64_t wide_multiply(uint64_t a, uint64_t b, uint64_t c, uint64_t *high) {
#if defined(__SIZEOF_INT128__) && !defined(DTK_NO_INT128)
    unsigned __int128 product = (unsigned __int128)a * b + c + *high;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (uint32_t)middle;
    uint64_t top = a1 * b1 + (middle >> 32) + (other >> 32);
    low = other << 32 | (uint32_t)low;
    low += c;
    top += low < c;
    low += *high;
    top += low < *high;
    *high = top;
    return low;
#endif
}

/* Return a + b + *carry, which is 0 or 1, and leave the carry there. */
DTK_INLINE uint64_t wide_add(uint64_t a, uint64_t b, uint64_t *carry) {
    uint64_t half = a + b, sum = half + *carry;
    *carry = (uint64_t)(half < a) | (uint64_t)(sum < half);
    return sum;
}

/* Return a - b - *borrow, which is 0 or 1, and leave the borrow there. */
DTK_INLINE uint64_t wide_subtract(uint64_t a, uint64_t b, uint64_t *borrow) {
    uint64_t half = a - b, difference = half - *borrow;
    *borrow = (uint64_t)(a < b) | (uint64_t)(half < *borrow);
    return difference;
}

/* Length in bits of a number of `count` limbs. */
DTK_INLINE int wide_bits(const uint64_t *limbs, int count) {
    int top = count - 1;
    while (top > 0 && limbs[top] == 0) {
        top--;
    }
    return 64 * top + wide_length(limbs[top]);
}

/* The 64 bits of a number of `count` limbs from bit `from` on, which may be negative. */
DTK_INLINE uint64_t wide_read(const uint64_t *limbs, int count, int from) {
    if (from <= -64 || from >= 64 * count) {
        return 0;
    }
    if (from < 0) {
        return limbs[0] << -from;
    }
    int limb = from / 64, shift = from % 64;
    uint64_t low = limbs[limb] >> shift;
    return shift && limb + 1 < count ? low | limbs[limb + 1] << (64 - shift) : low;
}

/* Whether a bit below bit `end`, at most all of them, is set; `end` may be negative. */
DTK_INLINE int wide_any(const uint64_t *limbs, int end) {
    int limb = 0;
    for (; end >= 64; end -= 64) {
        if (limbs[limb++]) {
            return 1;
        }
    }
    return end > 0 && limbs[limb] << (64 - end) != 0;
}

#endif
