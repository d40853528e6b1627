# The one door of the house: `make help` lists what it opens.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test torture soak sanitize check format bench mutants fuzz sbom build release install uninstall packages test-packages

BUILD_PACKAGES := libcurl4-openssl-dev libssl-dev libsimdjson-dev libical-dev libphonenumber-dev pkg-config tzdata
TEST_PACKAGES := postfix dovecot-core openssl perl python3 python3-icalendar systemd kannel kannel-extras curl strace
BIN = $(shell swift build --show-bin-path)

# Where `make install` puts things; DESTDIR is for packagers, PROGRAM installs one that is built already.
PREFIX ?= /usr
SYSCONFDIR ?= /etc
UNITDIR ?= /lib/systemd/system

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## play a day of the line on the sample cases; messages land in .relance/demo/spool
	@rm -rf .relance/demo && mkdir -p .relance/demo
	@echo "Monday 2 November 2020, from 08:25, about a minute for the day. Ctrl-C ends it."
	@$(BIN)/relance run --config Config/demo/relance.yaml --clock 2020-11-02T08:25:00+01:00 --speed 600 \
	  --until 2020-11-02T18:10:00+01:00 --watch
	@echo
	@echo "$$(ls .relance/demo/spool/mail/new | wc -l) mails lie in .relance/demo/spool/mail/new, one file each. Look at one:  less .relance/demo/spool/mail/new/*"
	@echo "Or with a mail reader:  mutt -f .relance/demo/spool/mail"
	@echo "$$(ls .relance/demo/spool/sms/new | wc -l) text messages lie in .relance/demo/spool/sms/new, with their parts and cost:  cat .relance/demo/spool/sms/new/*"
	@echo "Why a deadline is when it is:  $(BIN)/relance explain 2020-0301 --config Config/demo/relance.yaml --at 2020-11-02T12:00:00+01:00"
	@echo "On the real clock:  $(BIN)/relance run --config Config/demo/relance.yaml --watch"

test: test-packages ## build and run every test, the real mail servers included
	swift build --build-tests
	swift test --disable-xctest --skip-build --skip AcceptanceTests
	swift test --disable-xctest --skip-build --no-parallel --filter AcceptanceTests

torture: test-packages ## a day cut at every system call, 2,000 kills, 10,000 reloads, 5,000 losses of power, 1,000 full disks: an hour or two
	swift build -c release --product relance
	swift build --build-tests
	RELANCE_TORTURE=full RELANCE_PROGRAM=$$(swift build -c release --show-bin-path)/relance \
	  swift test --disable-xctest --skip-build --no-parallel --filter \
	  'CrashPointTests|KillTests|StartTimeTests|HalfWrittenFilesTests|LedgerPowerLossTests|FillingDiskTests'

# Not for leaks: Swift keeps marks in its pointers, through which LeakSanitizer does not look; `make soak` watches memory.
# Not with ThreadSanitizer: it does not see the locks of Synchronization, and takes all they guard for races.
sanitize: test-packages ## the program built with AddressSanitizer, at work with the real relay, gateway and operators
	swift build --sanitize address --scratch-path .build-asan --product relance
	swift build --build-tests
	ASAN_OPTIONS=detect_leaks=0 RELANCE_PROGRAM=$(CURDIR)/.build-asan/debug/relance \
	  swift test --disable-xctest --skip-build --no-parallel --filter 'AcceptanceTests.*(RelayTests|KannelTests|OperatorTests)'

check: test-packages ## the gate before a commit: format, warnings, tests, examples, the unit
	swift format lint --strict --recursive Package.swift Sources Tests
	$(MAKE) test
	$(BIN)/relance check --config Config/demo/relance.yaml
	$(BIN)/relance check --config Config/relance.yaml
	@unit=$$(mktemp -d) && sed 's|/usr/bin/relance|$(BIN)/relance|' systemd/relance.service > $$unit/relance.service \
	  && systemd-analyze verify --recursive-errors=no $$unit/relance.service \
	  && systemd-analyze security --offline=true --threshold=13 $$unit/relance.service | tail -n 1; \
	  status=$$?; rm -rf $$unit; exit $$status

format: ## put every Swift file in the house's form
	swift format --in-place --recursive Package.swift Sources Tests

bench: packages ## time and memory, each beside a peer measured in the same run
	swift build -c release --product relance-bench
	$$(swift build -c release --show-bin-path)/relance-bench

mutants: test-packages ## put deliberate bugs into a copy, one at a time: the tests have to catch each
	Tests/Mutants/run.py $(MUTANT)

fuzz: test-packages ## knock at every door with foreign bytes, 60 s each, two at a time: [TARGET=name] [SECONDS=n]
	@RELANCE_LIBFUZZER=$$(clang -print-file-name=libclang_rt.fuzzer_no_main-$$(uname -m).a) \
	  swift build -c release --sanitize address --scratch-path .build-fuzz --product relance-fuzz
	@Tests/Fuzz/run .build-fuzz/release/relance-fuzz "$(SECONDS)" $(TARGET)

sbom: build ## name and version of every Swift package and shared library the program is made of
	@sed -n 's/.*"identity" : "\(.*\)".*/\1/p; s/.*"version" : "\(.*\)".*/\1/p' Package.resolved | paste -d ' ' - -
	@ldd $(BIN)/relance | awk '$$3 ~ /^\// { print $$3 }' | sort -u | while read -r file; do \
	  real=$$(readlink -f "$$file"); \
	  package=$$(dpkg-query -S "$$real" "$${real#/usr}" 2>/dev/null | head -n 1 | cut -d ' ' -f 1); \
	  if [ -n "$$package" ]; then dpkg-query -W -f '$${Package} $${Version}\n' "$${package%:}"; \
	  else echo "$$(basename "$$real") of $$(dirname "$$real")"; fi; \
	done | sort -u

MINUTES ?= 10
soak: packages ## MINUTES of ten times the expected load, with faults, kills and reloads: memory, lateness, counts
	swift build -c release --product relance
	swift build -c release --product relance-soak
	$$(swift build -c release --show-bin-path)/relance-soak --minutes $(MINUTES)

build: packages
	swift build

release: packages
	swift build -c release --product relance --static-swift-stdlib

install: $(if $(PROGRAM),,release) ## install program, templates, configuration and systemd unit (root; DESTDIR, PREFIX)
	program="$(PROGRAM)"; install -D -m 0755 \
	  "$${program:-$$(swift build -c release --static-swift-stdlib --show-bin-path)/relance}" \
	  "$(DESTDIR)$(PREFIX)/bin/relance"
	rm -rf "$(DESTDIR)$(PREFIX)/share/relance/templates" "$(DESTDIR)$(PREFIX)/share/relance/gateways"
	install -d "$(DESTDIR)$(PREFIX)/share/relance/templates" "$(DESTDIR)$(PREFIX)/share/relance/gateways" \
	  "$(DESTDIR)$(SYSCONFDIR)/relance/cases"
	cp -r Templates/. "$(DESTDIR)$(PREFIX)/share/relance/templates/"
	install -m 0644 Config/gateways/*.yaml "$(DESTDIR)$(PREFIX)/share/relance/gateways/"
	install -m 0644 Config/relance.yaml "$(DESTDIR)$(PREFIX)/share/relance/relance.yaml"
	cd "$(DESTDIR)$(SYSCONFDIR)/relance" \
	  && { test -e relance.yaml || install -m 0644 "$(CURDIR)/systemd/relance.yaml" relance.yaml; } \
	  && { test -e advisors.json || install -m 0644 "$(CURDIR)/Config/advisors.json" advisors.json; }
	install -d "$(DESTDIR)$(UNITDIR)"
	sed -e 's|/usr/bin/relance|$(PREFIX)/bin/relance|; s|/etc/relance|$(SYSCONFDIR)/relance|' \
	  systemd/relance.service > "$(DESTDIR)$(UNITDIR)/relance.service"
	@echo "Installed. Next: edit $(SYSCONFDIR)/relance, then: relance check && systemctl enable --now relance"

uninstall: ## remove what install put there; configuration and state stay
	rm -f "$(DESTDIR)$(PREFIX)/bin/relance" "$(DESTDIR)$(UNITDIR)/relance.service"
	rm -rf "$(DESTDIR)$(PREFIX)/share/relance"
	@echo "Removed. $(SYSCONFDIR)/relance and /var/lib/private/relance stay, as does /var/cache/private/relance, until you delete them."

packages:
	@$(call install-missing,$(BUILD_PACKAGES),to build Relance)

test-packages: packages
	@$(call install-missing,$(TEST_PACKAGES),for the tests: real mail servers that run in a temporary folder on the loopback)

# install-missing(packages, why): installs what is not there, with sudo where we are not root, and says so.
define install-missing
missing=""; for package in $(1); do \
  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ]; then \
  echo "Installing$$missing ($(2))"; \
  root=""; [ "$$(id -u)" = 0 ] || root=sudo; \
  $$root apt-get update -qq && \
  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
fi
endef
