# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# `make image` builds it, and README.md says how to run it.
#
# The image holds the program, the libraries it is linked with, and nothing else: no
# shell, no package manager, nothing to keep up to date but these few files, none of
# which anybody may write to.  The build needs nothing of the kernel it runs on, and
# makes an image for the architecture of its base: amd64 or arm64.

FROM debian:bookworm AS build

WORKDIR /src
# The packages come first and by themselves: they change less often than the code.
COPY tests/packages tests/packages
RUN apt-get update \
	&& apt-get install -y --no-install-recommends make \
	&& tests/packages install build \
	&& rm -rf /var/lib/apt/lists/*

COPY Makefile VERSION LICENSE ./
COPY bpf bpf
COPY pkg pkg
COPY cmd cmd
COPY docs/event.schema.json docs/event.schema.json
# Not `make install`: a manual and completions are of no use where there is no shell.
RUN make CFLAGS=-O2 build/ctrace \
	&& install -D build/ctrace /image/usr/bin/ctrace && strip /image/usr/bin/ctrace \
	&& install -D -m 644 docs/event.schema.json /image/usr/share/ctrace/event.schema.json

# Terminals: for `ctrace top`, a few kilobytes.  ldd prints "name => path (address)", and the loader's path alone in its line.
RUN ldd /image/usr/bin/ctrace \
	| awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' \
	| xargs cp --dereference --parents --target-directory=/image \
	&& for term in ansi dumb linux screen screen-256color tmux tmux-256color vt100 vt220 xterm xterm-256color; do \
		path="$(find /lib/terminfo /usr/share/terminfo -path "*/$term" | head -n 1)"; \
		[ -z "$path" ] || cp --parents "$path" /image; done \
	&& install -D LICENSE /image/usr/share/doc/ctrace/LICENSE \
	&& for library in $(cd /image && find . -name '*.so*'); do dpkg -S "${library#.}" "/usr${library#.}"; done \
		2>/dev/null | sed 's/:.*//' | sort -u \
		| while read -r package; do install -D -m 444 "/usr/share/doc/$package/copyright" \
			"/image/usr/share/doc/$package/copyright"; done \
	&& pkg/debian/sbom /image/usr/bin/ctrace >/image/usr/share/doc/ctrace/ctrace.cdx.json \
	&& chmod -R a-w /image \
	&& chroot /image /usr/bin/ctrace --version

FROM scratch

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ctrace" \
	org.opencontainers.image.description="The file opens of containers, as JSON lines" \
	org.opencontainers.image.licenses="BSD-2-Clause OR GPL-2.0-only" \
	org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.revision="${REVISION}" \
	org.opencontainers.image.base.name="scratch"
COPY --from=build /image /
ENTRYPOINT ["/usr/bin/ctrace"]
