// The C++ version of consumer.c: the same header and the same output, with C++'s runtime in the program.

#include <omnize.h>

#include <iostream>
#include <sstream>
#include <stdexcept>

int main() {
    std::ostringstream header;
    header << OMNIZE_VERSION_MAJOR << '.' << OMNIZE_VERSION_MINOR << '.' << OMNIZE_VERSION_PATCH;
    try {
        if (header.str() != omnize_version())
            throw std::runtime_error("the header is of " + header.str() + ", the library of " + omnize_version());

        omnize_config *config = NULL;
        if (omnize_config_new(&config, NULL) != OMNIZE_OK) throw std::runtime_error("no config");
        omnize_config_free(config);
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    std::cout << omnize_version() << '\n';
    return 0;
}
