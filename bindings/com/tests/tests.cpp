// The tests of omnize-com.dll that scripts can't make. The folder of the program contains omnize-com.dll, its manifest,
// omnize.dll, as other.dll a DLL of the other processor type, and as stdcall.dll one with all functions of omnize.h
// that reports the other calling convention.
//
//     tests.exe                  needs that the classes are registered
//     tests.exe --unregistered   needs that they are not

#include <cstring>

#include "late_bound.hpp"

bool works_without_registration();

int main(int count, char **arguments) {
    CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED);
    int failures = 0;
    if (count > 1 && std::strcmp(arguments[1], "--unregistered") == 0) {
        const bool works = works_without_registration();
        std::printf("%s a_manifest_replaces_the_registration\n", works ? "ok" : "FAIL");
        failures += !works;
    } else {
        failures = run_tests(object_tests) + run_tests(event_tests) + run_tests(module_tests);
    }
    CoUninitialize();
    return failures != 0;
}
