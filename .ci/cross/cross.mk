# Builds for other platforms, as installable trees in target/cross/TARGET.

CROSS := $(OUTPUT)/cross/$(TARGET)
CROSS_BUILT := $(OUTPUT)/$(TARGET)/built
CROSS_SCRIPTS := $(wildcard .ci/cross/*) .ci/static_library

.PHONY: cross cross-library install-windows-library install-windows-stdcall install-windows-command install-windows-com
WINDOWS := $(findstring windows,$(TARGET))
# 64-bit Windows has one calling convention.
CROSS_PARTS := library command \
	$(if $(and $(WINDOWS),$(filter i686-%,$(TARGET)),$(shell grep '^stdcall = ' Cargo.toml)),stdcall) \
	$(if $(and $(WINDOWS),$(wildcard bindings/com/Makefile)),com)

cross: $(CROSS_PARTS:%=$(CROSS)/%.done)
cross-library: $(CROSS)/library.done

# Records of finished builds.
RECORDS := $(addprefix $(CROSS)/,library.done command.done stdcall.done com.done)
$(RECORDS): $(CROSS_SCRIPTS)
$(CROSS)/library.done: $(SOURCES) $(HEADERS) $(HEADER_PARTS) $(UNITS) $(wildcard bindings/c/*.in)
# One after the other: cargo names all libraries alike.
$(CROSS)/command.done $(CROSS)/stdcall.done: $(SOURCES) | $(CROSS)/library.done
$(CROSS)/com.done: $(wildcard bindings/com/* bindings/com/src/* bindings/com/idl/*) $(HEADERS) $(HEADER_PARTS)
$(RECORDS): PART = $(basename $(notdir $@))
$(RECORDS):
	@[ -n '$(TARGET)' ] || { echo 'name a platform, for example make cross TARGET=i686-win7-windows-gnu' >&2; exit 1; }
	@CARGO_TARGET_DIR='$(OUTPUT)' CARGOFLAGS='$(CARGOFLAGS)' .ci/cross/build $(PART) '$(TARGET)'
	@$(MAKE) --no-print-directory -s $(CROSS_INSTALL) $(if $(filter library,$(PART)),install-development) \
		BUILT='$(CROSS_BUILT)' NATIVE_LIBS_FILE='$(OUTPUT)/$(TARGET)/native-static-libs' DESTDIR= PREFIX='$(CROSS)' \
		BINDIR='$(CROSS)/bin' LIBDIR='$(CROSS)/lib' INCLUDEDIR='$(CROSS)/include'
	@# The tree may be moved: pkg-config finds the files from where omnize.pc is.
	@if [ -e '$(CROSS)/lib/pkgconfig/omnize.pc' ]; then \
		sed -i 's|^prefix=.*|prefix=$${pcfiledir}/../..|' '$(CROSS)/lib/pkgconfig/omnize.pc'; fi
	@touch '$@'

CROSS_INSTALL = install-$(if $(WINDOWS),windows-)$(PART)

install-windows-library install-windows-stdcall:
	@install -d '$(BINDIR)' '$(LIBDIR)'
	@install -m 755 '$(BUILT)'/omnize.dll $(wildcard $(BUILT)/omnize-stdcall.dll) '$(BINDIR)'
	@install -m 644 '$(BUILT)'/*.a '$(BUILT)'/*.def '$(BUILT)'/*.lib '$(LIBDIR)'

install-windows-com:
	@install -d '$(BINDIR)' '$(PREFIX)/share/omnize/com'
	@install -m 755 '$(BUILT)/omnize-com.dll' '$(BINDIR)'
	@install -m 644 '$(BUILT)/com/omnize-com.manifest' '$(BUILT)/com/omnize_com.tlb' '$(PREFIX)/share/omnize/com'

install-windows-command:
	@install -d '$(BINDIR)'
	@install -m 755 '$(BUILT)/omnize.exe' '$(BINDIR)'

.PHONY: release-files
release-files: cross
	@CARGO_TARGET_DIR='$(OUTPUT)' .ci/release/files '$(TARGET)'
