/* Memory that must not be read beyond its end. */

#ifndef GUARDED_H
#define GUARDED_H

#include "check.h"
#include <sys/mman.h>
#include <unistd.h>

/* `size` bytes, the first four of which say `says`, after which memory ends: reading on would end the program. */
static inline void *at_the_end_of_memory(size_t size, uint32_t says) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (size + page - 1) / page * page;
    char *pages = (char *)mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != (char *)MAP_FAILED && mprotect(pages + room, page, PROT_NONE) == 0);
    memset(pages, 0, room);
    memcpy(pages + room - size, &says, sizeof says);
    return pages + room - size;
}

#endif
