/* A program that someone builds against an installed omnize. It prints the library's version, which must be the
 * header's, and holds a config handle for a moment. With a neighbour, another Rust library is in the program too. */

#include <omnize.h>

#include <stdio.h>
#include <string.h>

#ifdef WITH_NEIGHBOUR
/* Panics inside and catches it: 1 if that worked. */
extern int neighbour_catches_a_panic(void);
#endif

int main(void) {
    char header[64];
    omnize_config *config = NULL;

    sprintf(header, "%d.%d.%d", OMNIZE_VERSION_MAJOR, OMNIZE_VERSION_MINOR, OMNIZE_VERSION_PATCH);
    if (strcmp(header, omnize_version()) != 0) {
        fprintf(stderr, "the header is of %s, the library of %s\n", header, omnize_version());
        return 1;
    }

    if (omnize_config_new(&config, NULL) != OMNIZE_OK) {
        fprintf(stderr, "no config\n");
        return 1;
    }
    omnize_config_free(config);

#ifdef WITH_NEIGHBOUR
    if (neighbour_catches_a_panic() != 1) {
        fprintf(stderr, "the other Rust library could not catch its panic\n");
        return 1;
    }
#endif

    puts(omnize_version());
    return 0;
}
