/* What the programs that obey lines of words share. */

#ifndef GOLDEN_H
#define GOLDEN_H

#include "check.h"
#include <inttypes.h>

#define MOST_WORDS 4096
static char *words[MOST_WORDS];
static int word_count;

static inline void split(char *line) {
    word_count = 0;
    line[strcspn(line, "\n")] = 0;
    while (line != NULL && word_count < MOST_WORDS) {
        char *tab = strchr(line, '\t');
        words[word_count++] = line;
        if (tab != NULL) *tab++ = 0;
        line = tab;
    }
}

static inline unsigned char *unhex(const char *digits, size_t *len) {
    size_t i;
    unsigned char *data = (unsigned char *)malloc(strlen(digits) / 2 + 1);
    *len = strlen(digits) / 2;
    for (i = 0; i < *len; i++) {
        unsigned value = 0;
        CHECK(sscanf(digits + 2 * i, "%2x", &value) == 1);
        data[i] = (unsigned char)value;
    }
    return data;
}

static inline unsigned bits(float value) {
    unsigned number;
    memcpy(&number, &value, sizeof number);
    return number;
}

/* Options: a word "-" leaves the default, "none" says that an optional number is absent. */

static inline bool is_given(const char *word) { return strcmp(word, "-") != 0; }

static inline void set_whole(const char *word, uint32_t *field) {
    if (is_given(word)) *field = (uint32_t)strtoul(word, NULL, 10);
}

static inline void set_choice(const char *word, int32_t *field) {
    if (is_given(word)) *field = (int32_t)strtol(word, NULL, 10);
}

static inline void set_size(const char *word, size_t *field) {
    if (is_given(word)) *field = strtoul(word, NULL, 10);
}

static inline void set_float(const char *word, float *field) {
    if (is_given(word)) *field = strtof(word, NULL);
}

static inline void set_double(const char *word, double *field) {
    if (is_given(word)) *field = strtod(word, NULL);
}

/* Whether an optional number is there. */
static inline const char *set_has(const char *word, uint32_t *has) {
    if (is_given(word)) *has = strcmp(word, "none") != 0;
    return *has ? word : "-";
}

#endif
