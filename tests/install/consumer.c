/* A program that is built with an installed omnize. It prints the library's version, which must equal the header's, and
 * creates a config handle. With WITH_SECOND_LIBRARY, the program also contains another Rust library. */

#include <omnize.h>

#include <stdio.h>
#include <string.h>

#ifdef WITH_SECOND_LIBRARY
/* Panics and catches the panic. Returns 1 if that worked. */
extern int second_library_catches_a_panic(void);
#endif

int main(void) {
    char header[64];
    omnize_config *config = NULL;

    sprintf(header, "%d.%d.%d", OMNIZE_VERSION_MAJOR, OMNIZE_VERSION_MINOR, OMNIZE_VERSION_PATCH);
    if (strcmp(header, omnize_version()) != 0) {
        fprintf(stderr, "the header has version %s, the library %s\n", header, omnize_version());
        return 1;
    }

    if (omnize_config_new(&config, NULL) != OMNIZE_OK) {
        fprintf(stderr, "no config\n");
        return 1;
    }
    omnize_config_free(config);

#ifdef WITH_SECOND_LIBRARY
    if (second_library_catches_a_panic() != 1) {
        fprintf(stderr, "the other Rust library could not catch its panic\n");
        return 1;
    }
#endif

    puts(omnize_version());
    return 0;
}
