/* string.h, with the function that the C tests use and mingw lacks. */

#include_next <string.h>

#ifndef STRING_H
#define STRING_H

static inline char *strcasestr(const char *text, const char *part) {
    size_t length = strlen(part);
    for (; *text != '\0'; text++) {
        if (strnicmp(text, part, length) == 0) return (char *)text;
    }
    return NULL;
}

#endif
