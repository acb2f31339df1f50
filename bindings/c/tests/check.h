/* What the test programs share. They are compiled as C99 and as C++17. */

#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sonic/sonic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) check((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
/* The call comes to this status, and an error has words. */
#define EXPECT(status, call) expect((status), (call), #call, __FILE__, __LINE__)
#define GOOD(call) EXPECT(SONIC_OK, call)
#define BAD_ARGUMENT(call) EXPECT(SONIC_ERROR_INVALID_ARGUMENT, call)

/* A struct of zeros in both languages, which have different ways to say it. */
#ifdef __cplusplus
#define NOTHING {}
#else
#define NOTHING {0}
#endif

static inline void check(int good, const char *what, const char *file, int line) {
    if (!good) {
        fprintf(stderr, "%s:%d: not so: %s (last error: %s)\n", file, line, what, sonic_last_error());
        exit(1);
    }
}

static inline void expect(sonic_status want, sonic_status got, const char *what, const char *file, int line) {
    if (got != want || (want != SONIC_OK && strlen(sonic_last_error()) < 4)) {
        fprintf(stderr, "%s:%d: %s: %s instead of %s: %s\n", file, line, what, sonic_status_name(got),
                sonic_status_name(want), sonic_last_error());
        exit(1);
    }
}

/* Out-pointers hold this before a call that fails, and must hold it after. */
static inline void *nowhere(void) {
    static char place;
    return &place;
}
#define UNTOUCHED(type) ((type *)nowhere())
#define KEPT(pointer) CHECK((const void *)(pointer) == nowhere())

/* A name in a folder, in one of a few places that take turns. */
static inline const char *path_in(const char *folder, const char *name) {
    static char places[8][4096];
    static int turn = 0;
    turn = (turn + 1) % 8;
    snprintf(places[turn], sizeof places[turn], "%s/%s", folder, name);
    return places[turn];
}

/* The whole of a file; free it. */
static inline unsigned char *contents_of(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    fseek(file, 0, SEEK_END);
    *len = (size_t)ftell(file);
    rewind(file);
    unsigned char *data = (unsigned char *)malloc(*len);
    CHECK(fread(data, 1, *len, file) == *len);
    fclose(file);
    return data;
}

#define BROT "examples/demo/media/brot.opus"
#define WALTZ "examples/demo/media/lantern-waltz.opus"
#define WALTZ_CLIP "examples/demo/queries/waltz-mp3-32k.mp3"
#define OUTSIDE "examples/demo/outside/the-lamp.opus"

#endif
