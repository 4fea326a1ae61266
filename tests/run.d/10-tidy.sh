#!/bin/sh
# Sources are formatted, and contain no leftovers and no path of a developer's machine.

. tests/check.sh

check "rustfmt" cargo fmt --check -- --color never

c_sources() { git ls-files -- '*.c' '*.h' '*.cc' '*.cpp' '*.hpp' ':!include/omnize.h'; }
clang_format() { c_sources | xargs -r clang-format --dry-run -Werror; }
check_with clang-format "clang-format" clang_format

# Cargo.lock is generated, the licenses are not ours, and this file contains the patterns.
search() { git grep -nE "$1" -- . ':!Cargo.lock' ':!LICENSE*' ':!tests/run.d/10-tidy.sh'; }

leftovers='\b(TODO|FIXME|XXX|HACK)\b|\bdbg!\(|\btodo!\(|\bunimplemented!\(|^(<<<<<<<|>>>>>>>) '
check "no leftovers" no_output search "$leftovers"

# A home folder, and the folder of this copy.
homes='/home/[a-z]|/Users/[A-Za-z]|/root/|[A-Z]:\\+Users'
check "no path of a developer's machine" no_output search "$homes|$PWD(/|\\b)"

# Only these folders name dialects. The application selects one by an option.
dialects() {
    git grep -nE 'Dialect::(Rest|Gateway|Interactions)|"(gateway|interactions)"' -- src ':!src/wire' ':!src/config' ':!src/sandbox' |
        # Unit tests may select one.
        grep -vE '^src/(interactions/lookup|receiving/queue/message_dedup|store/tests|store/database/(id_allocator|tests))\.rs:'
}
check "no dialect is named outside wire, config and sandbox" no_output dialects

long_files() {
    git ls-files -- '*.rs' '*.c' '*.cc' '*.cpp' '*.h' '*.hpp' '*.pas' '*.inc' '*.sh' ':!include/omnize.h' |
        while read -r file; do
            lines=$(wc -l <"$file")
            [ "$lines" -le 500 ] || echo "$file: $lines lines, 500 is the limit"
        done
}
check "no file of more than 500 lines" no_output long_files
