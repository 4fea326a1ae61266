/*
 * Loads and unloads a shared object, once: at a second time it would be loaded already.
 *
 *   load_library PATH
 *
 * Prints the nanoseconds that dlopen and dlclose took together.
 */

#include <dlfcn.h>

#include "measure.h"

int main(int count, char **arguments) {
    int64_t start = now();
    void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;

    if (library == NULL) give_up("dlopen", count == 2 ? dlerror() : "say PATH");
    dlclose(library);
    printf("%lld\n", (long long)(now() - start));
    return 0;
}
