/* The words of a line one after another, and answers as JSON. For golden_faces.c. */

#ifndef GOLDEN_WORDS_H
#define GOLDEN_WORDS_H

#include "golden.h"

#define MOST_FACES 16

static sonic_store *store;
static int at;

/* The words one after another. */
static inline const char *word(void) {
    CHECK(at < word_count);
    return words[at++];
}
static inline const char *word_or_null(void) {
    const char *given = word();
    return strcmp(given, "-") == 0 ? NULL : given;
}
static inline uint64_t id(void) { return strtoull(word(), NULL, 10); }
static inline uint32_t whole(void) { return (uint32_t)strtoul(word(), NULL, 10); }
static inline float number(void) { return strtof(word(), NULL); }
static inline size_t numbers(float *values, size_t most) {
    size_t count = whole(), i;
    CHECK(count <= most);
    for (i = 0; i < count; i++) values[i] = number();
    return count;
}
static inline size_t ids(uint64_t *values, size_t most) {
    size_t count = whole(), i;
    CHECK(count <= most);
    for (i = 0; i < count; i++) values[i] = id();
    return count;
}

/* JSON. */
static inline void begin(void) { printf("answer\t"); }
static inline void end(void) { printf("\n"); }
static inline void tell_text(const char *key, const char *text) {
    if (text == NULL) printf("\"%s\":null,", key);
    else printf("\"%s\":\"%s\",", key, text);
}
static inline void tell_id(const char *key, uint64_t value) {
    if (value == 0) printf("\"%s\":null,", key);
    else printf("\"%s\":%" PRIu64 ",", key, value);
}
static inline void tell_whole(const char *key, uint64_t value) { printf("\"%s\":%" PRIu64 ",", key, value); }
static inline void tell_bool(const char *key, bool value) { printf("\"%s\":%s,", key, value ? "true" : "false"); }
static inline void tell_float(const char *key, float value) { printf("\"%s\":%.9g,", key, value); }
static inline void tell_floats(const float *values, size_t count) {
    size_t i;
    printf("[");
    for (i = 0; i < count; i++) printf("%s%.9g", i == 0 ? "" : ",", values[i]);
    printf("]");
}

#endif
