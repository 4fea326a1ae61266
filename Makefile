# Builds, demonstrates, checks and installs omnize.
#
#   make              the shared library, the static library and the `omnize` command
#   make demo         builds them and runs a whole conversation
#   make test         runs every check, after `make setup`; with ONLY=install only check files with "install" in the name,
#                     without `make setup`
#   make test-all     runs these and the slow checks
#   make wheel        the Python package with the command, as target/python/release/omnize-*.whl; needs maturin. With TARGET
#                     for another platform, as target/python/TARGET/omnize-*.whl
#   make bench        compares speed and size with other programs; BENCH=receiving measures one part (benches/README.md)
#   make install      installs to PREFIX (LIBDIR, INCLUDEDIR, BINDIR), in DESTDIR if that is set
#   make uninstall    removes the installed files; takes the same variables
#   make cross        builds for another platform into target/cross/TARGET, for example TARGET=i686-win7-windows-gnu
#   make release-files
#                     packs such a tree into target/dist, with licences, notices and sums
#   make stage        installs into target/stage, the prefix that demo and tests use
#   make setup        installs missing tools of the checks
#   make header       writes include/omnize.h from src/capi, and from it include/omnize.abi, the description of the ABI
#   make version      prints the version
#
# `make` and then `sudo make install` works: installing calls cargo only if something has changed.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include

CARGO ?= cargo
CC ?= cc
# Arguments of every cargo build, for example --quiet.
CARGOFLAGS ?=
OUTPUT := $(abspath $(or $(CARGO_TARGET_DIR),target))
BUILT := $(OUTPUT)/built
NATIVE_LIBS_FILE := $(OUTPUT)/release/native-static-libs
STAGE := $(OUTPUT)/stage

VERSION := $(shell sed -n '/^version = /{s/.*"\(.*\)".*/\1/p;q;}' Cargo.toml)
# The major version is the version of the ABI.
SOVERSION := $(firstword $(subst ., ,$(VERSION)))
SONAME := libomnize.so.$(SOVERSION)

ifneq ($(words $(CURDIR) $(OUTPUT)),2)
$(error make cannot build in a directory with a space in its name: $(CURDIR), $(OUTPUT))
endif

SOURCES := Cargo.toml Cargo.lock .cargo/config.toml $(wildcard build.rs cbindgen.toml) \
	$(shell find src \( -type d -o -type f \) ! -name '* *')

.DELETE_ON_ERROR:
.PHONY: all lib command wheel stage install uninstall demo test test-all bench setup version clean

all: lib command

lib: $(BUILT)/libomnize.a
command: $(BUILT)/omnize

# One compilation makes both libraries. The archive is made last, and is the target for both.
# A library thread or a thread-local destructor may outlive dlclose, so nodelete is needed. .ci/cross/build has the same flags.
$(BUILT)/libomnize.a: $(SOURCES)
	@mkdir -p '$(BUILT)'
	$(CARGO) rustc $(CARGOFLAGS) --locked --release --lib --no-default-features --features capi,listener,store \
		--target-dir '$(OUTPUT)' --crate-type cdylib --crate-type staticlib -- \
		-C link-arg=-Wl,-soname,$(SONAME) -C link-arg=-Wl,-z,nodelete -C link-arg=-Wl,-z,relro,-z,now \
		--print native-static-libs='$(NATIVE_LIBS_FILE)'
	cp '$(OUTPUT)/release/libomnize.so' '$(BUILT)/libomnize.so'
	.ci/static_library '$(OUTPUT)/release/libomnize.a' '$(BUILT)/libomnize.so' '$@'

$(BUILT)/omnize: $(SOURCES)
	@mkdir -p '$(BUILT)'
	$(CARGO) build $(CARGOFLAGS) --locked --release --bin omnize --no-default-features --features cli \
		--target-dir '$(OUTPUT)'
	cp '$(OUTPUT)/release/omnize' '$@'

# cargo prints the folder to which the build script wrote the header.
header:
	@out=$$($(CARGO) check $(CARGOFLAGS) --locked --lib --features capi --message-format json 2>/dev/null | \
		sed -n 's|.*"reason":"build-script-executed".*omnize@.*"out_dir":"\([^"]*\)".*|\1|p') && \
		cp "$$out/omnize.h" include/omnize.h
	@tests/abi.sh include >include/omnize.abi

# The libraries that a program with libomnize.a must also link, as rustc prints them. The C compiler itself adds libc and
# libgcc_s or libgcc_eh, and -lgcc_s would break `cc -static`.
NATIVE_LIBS = $(filter-out -lgcc_s -lc,$(shell cat '$(NATIVE_LIBS_FILE)'))

# Fills in a template. Directories in the prefix are relative to it, so that the files can be moved.
FILL = sed \
	-e 's|@VERSION@|$(VERSION)|g' -e 's|@SOVERSION@|$(SOVERSION)|g' -e 's|@NATIVE_LIBS@|$(NATIVE_LIBS)|g' \
	-e 's|@PREFIX@|$(PREFIX)|g' \
	-e 's|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|g' \
	-e 's|@INCLUDEDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))|g' \
	-e "s|@CMAKE_TO_LIBDIR@|$$(realpath -m --relative-to='$(LIBDIR)/cmake/omnize' '$(LIBDIR)')|g" \
	-e "s|@CMAKE_TO_INCLUDEDIR@|$$(realpath -m --relative-to='$(LIBDIR)/cmake/omnize' '$(INCLUDEDIR)')|g"

UNITS := bindings/pascal/omnize.pas bindings/pascal/omnize_abi.pas $(wildcard bindings/pascal/*.inc)
# Free Pascal has no default folder for units.
UNITDIR = $(PREFIX)/share/omnize/pascal

HEADERS := include/omnize.h bindings/cpp/omnize.hpp
# The headers that omnize.hpp includes.
HEADER_PARTS := $(wildcard bindings/cpp/omnize/*.hpp)
INSTALLED = \
	'$(DESTDIR)$(BINDIR)/omnize' \
	$(foreach header,$(notdir $(HEADERS)),'$(DESTDIR)$(INCLUDEDIR)/$(header)') \
	$(foreach part,$(notdir $(HEADER_PARTS)),'$(DESTDIR)$(INCLUDEDIR)/omnize/$(part)') \
	'$(DESTDIR)$(LIBDIR)/libomnize.so.$(VERSION)' \
	'$(DESTDIR)$(LIBDIR)/$(SONAME)' \
	'$(DESTDIR)$(LIBDIR)/libomnize.so' \
	'$(DESTDIR)$(LIBDIR)/libomnize.a' \
	'$(DESTDIR)$(LIBDIR)/pkgconfig/omnize.pc' \
	'$(DESTDIR)$(LIBDIR)/cmake/omnize/omnize-config.cmake' \
	'$(DESTDIR)$(LIBDIR)/cmake/omnize/omnize-config-version.cmake' \
	$(foreach unit,$(notdir $(UNITS)),'$(DESTDIR)$(UNITDIR)/$(unit)')

# Runs ldconfig only if the loader searches the folder: not for a package or a stage.
install: all
	@case '$(words $(PREFIX) $(BINDIR) $(LIBDIR) $(INCLUDEDIR)) $(PREFIX)' in \
		'4 /'*) ;; *) echo 'PREFIX must be absolute, and no directory may contain a space' >&2; exit 1 ;; esac
	@$(MAKE) --no-print-directory -s install-library install-development install-command
	@if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ] && \
		ldconfig -vNX 2>/dev/null | grep -q '^$(LIBDIR):'; then ldconfig; fi
	@echo 'installed omnize $(VERSION) to $(DESTDIR)$(PREFIX)'

# The parts of an installation, from the files in BUILT.
.PHONY: install-library install-development install-command

install-command:
	@install -d '$(DESTDIR)$(BINDIR)'
	@install -m 755 '$(BUILT)/omnize' '$(DESTDIR)$(BINDIR)/omnize'

install-library:
	@install -d '$(DESTDIR)$(LIBDIR)/cmake/omnize'
	@install -m 755 '$(BUILT)/libomnize.so' '$(DESTDIR)$(LIBDIR)/libomnize.so.$(VERSION)'
	@ln -sf 'libomnize.so.$(VERSION)' '$(DESTDIR)$(LIBDIR)/$(SONAME)'
	@ln -sf '$(SONAME)' '$(DESTDIR)$(LIBDIR)/libomnize.so'
	@install -m 644 '$(BUILT)/libomnize.a' '$(DESTDIR)$(LIBDIR)/libomnize.a'
	@for file in omnize-config.cmake omnize-config-version.cmake; do \
		$(FILL) "bindings/c/$$file.in" >'$(DESTDIR)$(LIBDIR)/cmake/omnize/'"$$file" || exit 1; done

# The sources that a program needs, and the flags of its compiler.
install-development:
	@install -d '$(DESTDIR)$(INCLUDEDIR)/omnize' '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(UNITDIR)'
	@install -m 644 $(HEADERS) '$(DESTDIR)$(INCLUDEDIR)'
	@install -m 644 $(HEADER_PARTS) '$(DESTDIR)$(INCLUDEDIR)/omnize'
	@install -m 644 $(UNITS) '$(DESTDIR)$(UNITDIR)'
	@$(FILL) bindings/c/omnize.pc.in >'$(DESTDIR)$(LIBDIR)/pkgconfig/omnize.pc'

uninstall:
	@rm -f $(INSTALLED)
	@rmdir '$(DESTDIR)$(INCLUDEDIR)/omnize' '$(DESTDIR)$(LIBDIR)/cmake/omnize' '$(DESTDIR)$(UNITDIR)' '$(DESTDIR)$(PREFIX)/share/omnize' 2>/dev/null || true
	@echo 'removed omnize $(VERSION) from $(DESTDIR)$(PREFIX)'

stage: all
	@rm -rf '$(STAGE)'
	@$(MAKE) --no-print-directory -s install PREFIX='$(STAGE)' BINDIR='$(STAGE)/bin' LIBDIR='$(STAGE)/lib' \
		INCLUDEDIR='$(STAGE)/include' DESTDIR= >/dev/null

# pkg-config prints all flags for a program. The rpath lets the demo run without LD_LIBRARY_PATH.
PKG_CONFIG = PKG_CONFIG_PATH='$(STAGE)/lib/pkgconfig' pkg-config

include .ci/cross/cross.mk

# A wheel for this machine; tests/run.d/slow/30-wheel.sh builds the one that runs on any Linux.
MATURIN ?= $(or $(wildcard $(OUTPUT)/tools/python/bin/maturin),maturin)
ifeq ($(TARGET),)
wheel:
	@rm -rf '$(OUTPUT)/python/release'
	CARGO_TARGET_DIR='$(OUTPUT)' $(MATURIN) build --release --locked --manifest-path python/Cargo.toml \
		--out '$(OUTPUT)/python/release'
else
wheel:
	@CARGO_TARGET_DIR='$(OUTPUT)' .ci/cross/wheel.sh '$(TARGET)'
endif

demo:
	@.ci/setup cc pkg-config
	@printf '\n== Building the library and the omnize command (some minutes the first time: two to seven on two cores)\n'
	@mkdir -p '$(OUTPUT)/demo'
	@$(MAKE) --no-print-directory -s stage CARGOFLAGS='$(CARGOFLAGS) --quiet' >'$(OUTPUT)/demo/log' 2>&1 || \
		{ cat '$(OUTPUT)/demo/log'; exit 1; }
	@printf '\n== Compiling examples/c/chat.c with %s\n' '$(CC)'
	@$(CC) -std=c99 -Wall -Wextra -Werror -pedantic examples/c/chat.c -o '$(OUTPUT)/demo/chat' \
		$$($(PKG_CONFIG) --cflags --libs omnize) -Wl,-rpath,'$(STAGE)/lib'
	@printf '\n== A conversation: the program, and a local service with two agents\n'
	@'$(STAGE)/bin/omnize' sandbox --agent 1=examples/agents/support.json --agent 2=unavailable -- \
		'$(OUTPUT)/demo/chat'
	@printf '\n== The conversation is complete. Next: the README, and `make test`\n'

# With ONLY, the tools are not installed: a check reports a missing one.
test test-all: $(if $(ONLY),,setup)

test:
	@tests/run

test-all:
	@SLOW=1 tests/run

# Missing programs are omitted from the comparison.
bench: stage
	@.ci/setup cc pkg-config curl-config valgrind nginx uvicorn python bench-python || true
	@if [ -e '$(OUTPUT)/tools/bench-python/installed' ]; then $(MAKE) --no-print-directory -s wheel && \
		'$(OUTPUT)/tools/bench-python/bin/pip' --quiet --disable-pip-version-check install --no-index --no-deps \
			--force-reinstall '$(OUTPUT)'/python/release/omnize-*.whl; fi
	@benches/run

setup:
	@.ci/setup

version:
	@echo '$(VERSION)'

clean:
	$(CARGO) clean --target-dir '$(OUTPUT)'

export ONLY
