#!/bin/sh
# Puts an executable of postern into the folder of an image, with the libraries that it is linked to
# and an empty folder to serve:
#
#   examples/container/image.sh dist/bin/postern /image

set -eu
executable=$1
image=$2

mkdir -p "$image/srv" "$image/proc"
cp "$executable" "$image/postern"
# "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)", and the loader, which has no "=>".
ldd "$executable" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p' |
  while read -r library; do
    mkdir -p "$image$(dirname "$library")"
    cp -L "$library" "$image$library"
  done
