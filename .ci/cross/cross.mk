# Builds for other platforms, as installable trees in target/cross/TARGET.

CROSS := $(OUTPUT)/cross
CROSS_SCRIPTS := $(wildcard .ci/cross/*)
export CARGOFLAGS

.PHONY: cross cross-library

cross: cross-library $(CROSS)/$(TARGET)/.command
cross-library: $(CROSS)/$(TARGET)/.library

# Records of finished builds.
$(CROSS)/$(TARGET)/.library: $(SOURCES) $(CROSS_SCRIPTS) $(HEADERS) $(HEADER_PARTS) $(UNITS)
$(CROSS)/$(TARGET)/.command: $(SOURCES) $(CROSS_SCRIPTS)
$(CROSS)/$(TARGET)/.library $(CROSS)/$(TARGET)/.command:
	@[ -n '$(TARGET)' ] || { echo 'name a platform, for example make cross TARGET=i686-win7-windows-gnu' >&2; exit 1; }
	@CARGO_TARGET_DIR='$(OUTPUT)' .ci/cross/build $(subst .,,$(notdir $@)) '$(TARGET)'
	@touch '$@'
