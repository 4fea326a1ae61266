# Builds for other platforms, as installable trees in target/cross/TARGET.

CROSS := $(OUTPUT)/cross/$(TARGET)
CROSS_BUILT := $(OUTPUT)/$(TARGET)/built
CROSS_SCRIPTS := $(wildcard .ci/cross/*) .ci/static_library

.PHONY: cross cross-library install-windows-library install-windows-stdcall install-windows-command
cross: cross-library $(CROSS)/.command $(CROSS_STDCALL)
cross-library: $(CROSS)/.library

# The DLL with the calling convention stdcall, for 32-bit Windows only.
CROSS_STDCALL := $(if $(and $(filter i686-%,$(TARGET)),$(findstring windows,$(TARGET)),$(shell grep '^stdcall = ' Cargo.toml)),$(CROSS)/.stdcall)

# Records of finished builds.
$(CROSS)/.library: $(SOURCES) $(CROSS_SCRIPTS) $(HEADERS) $(HEADER_PARTS) $(UNITS) $(wildcard bindings/c/*.in)
$(CROSS)/.stdcall $(CROSS)/.command: $(SOURCES) $(CROSS_SCRIPTS)
$(CROSS)/.library $(CROSS)/.stdcall $(CROSS)/.command: PART = $(subst .,,$(notdir $@))
$(CROSS)/.library $(CROSS)/.stdcall $(CROSS)/.command:
	@[ -n '$(TARGET)' ] || { echo 'name a platform, for example make cross TARGET=i686-win7-windows-gnu' >&2; exit 1; }
	@CARGO_TARGET_DIR='$(OUTPUT)' CARGOFLAGS='$(CARGOFLAGS)' .ci/cross/build $(PART) '$(TARGET)'
	@$(MAKE) --no-print-directory -s $(CROSS_INSTALL) $(if $(filter .library,$(notdir $@)),install-development) \
		BUILT='$(CROSS_BUILT)' NATIVE_LIBS_FILE='$(OUTPUT)/$(TARGET)/native-static-libs' DESTDIR= PREFIX='$(CROSS)' \
		BINDIR='$(CROSS)/bin' LIBDIR='$(CROSS)/lib' INCLUDEDIR='$(CROSS)/include'
	@# The tree may be moved: pkg-config finds the files from where omnize.pc is.
	@if [ -e '$(CROSS)/lib/pkgconfig/omnize.pc' ]; then \
		sed -i 's|^prefix=.*|prefix=$${pcfiledir}/../..|' '$(CROSS)/lib/pkgconfig/omnize.pc'; fi
	@touch '$@'

CROSS_INSTALL = install-$(if $(findstring windows,$(TARGET)),windows-)$(PART)

install-windows-library install-windows-stdcall:
	@install -d '$(BINDIR)' '$(LIBDIR)'
	@install -m 755 '$(BUILT)'/*.dll '$(BINDIR)'
	@install -m 644 '$(BUILT)'/*.a '$(BUILT)'/*.def '$(BUILT)'/*.lib '$(LIBDIR)'

install-windows-command:
	@install -d '$(BINDIR)'
	@install -m 755 '$(BUILT)/omnize.exe' '$(BINDIR)'

.PHONY: release-files
release-files: cross
	@CARGO_TARGET_DIR='$(OUTPUT)' .ci/release/files '$(TARGET)'
