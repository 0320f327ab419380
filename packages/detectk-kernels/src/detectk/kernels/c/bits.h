/* Counting and finding bits in a word of 64, on any compiler and any processor. */
#ifndef DETECTK_BITS_H
#define DETECTK_BITS_H

#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

/* Place of the lowest bit of a word that is not 0. */
static inline int32_t dtk_lowest(uint64_t word) {
#if defined(__GNUC__) || defined(__clang__)
    return __builtin_ctzll(word);
#elif defined(_M_X64) || defined(_M_ARM64)
    unsigned long place;
    _BitScanForward64(&place, word);
    return (int32_t)place;
#else
    int32_t place = 0;
    for (; !(word & 1); word >>= 1) place++;
    return place;
#endif
}

/* Place of the highest bit of a word that is not 0. */
static inline int32_t dtk_highest(uint64_t word) {
#if defined(__GNUC__) || defined(__clang__)
    return 63 ^ __builtin_clzll(word);
#elif defined(_M_X64) || defined(_M_ARM64)
    unsigned long place;
    _BitScanReverse64(&place, word);
    return (int32_t)place;
#else
    int32_t place = 0;
    while (word >>= 1) place++;
    return place;
#endif
}

/* The number of bits in each byte, in that byte. */
static inline uint64_t dtk_byte_counts(uint64_t word) {
    word -= (word >> 1) & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + ((word >> 2) & 0x3333333333333333u);
    return (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
}

/* Place of the bit with `rank` bits below it, in a word that has more than `rank`. */
static inline int32_t dtk_select_bit(uint64_t word, int32_t rank) {
    uint64_t upto = dtk_byte_counts(word) * 0x0101010101010101u;
    uint64_t reached = upto + (uint64_t)(127 - rank) * 0x0101010101010101u;
    int32_t byte = dtk_lowest(reached & 0x8080808080808080u) & ~7;
    rank -= (int32_t)((upto << 8) >> byte) & 0xff;
    word >>= byte;
    while (rank-- > 0) word &= word - 1;
    return byte + dtk_lowest(word);
}

/* How many bits a word has. */
static inline int32_t dtk_bit_count(uint64_t word) {
    return (int32_t)((dtk_byte_counts(word) * 0x0101010101010101u) >> 56);
}

#endif
