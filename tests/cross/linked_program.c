/* A program that imports from the library, without start-up code, so that each linker can link it without other
 * libraries. It exits with 0 if the library has the ABI of the header. */

#include <omnize.h>

int start(void);
int start(void) {
    return omnize_abi_version() == OMNIZE_ABI_VERSION && omnize_has_feature("listener") ? 0 : 1;
}

int main(void) {
    return start();
}
