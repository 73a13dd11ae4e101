#!/bin/sh
# The pod's arguments are Chromium's flags. Debian's wrapper script reads files that a read-only image need not have.
exec /usr/lib/chromium/chromium "$@"
