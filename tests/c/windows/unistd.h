/* unistd.h, with the functions that the C tests use and mingw lacks. */

#include_next <unistd.h>

#ifndef UNISTD_H
#define UNISTD_H

#include <winsock2.h>
#include <windows.h>

/* Blocks until the process ends. */
static inline int pause(void) {
    Sleep(INFINITE);
    return -1;
}

#endif
