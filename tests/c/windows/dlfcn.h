/* Loading of libraries on Windows under the names of POSIX, for the C tests. */

#ifndef DLFCN_H
#define DLFCN_H

#include <winsock2.h>
#include <windows.h>

#define RTLD_NOW 0
#define RTLD_LOCAL 0
#define RTLD_NOLOAD 1

static inline void *dlopen(const char *name, int flags) {
    return (void *)(flags & RTLD_NOLOAD ? GetModuleHandleA(name) : LoadLibraryA(name));
}

static inline void *dlsym(void *library, const char *name) {
    return (void *)(UINT_PTR)GetProcAddress((HMODULE)library, name);
}

static inline int dlclose(void *library) {
    return FreeLibrary((HMODULE)library) ? 0 : -1;
}

static inline const char *dlerror(void) {
    return "LoadLibrary or GetProcAddress failed";
}

#endif
