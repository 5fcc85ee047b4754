#!/bin/sh
":" /*
# To the shell these lines are the program, and to Bun a comment. Before its program, Bun reads
# .env and bunfig.toml of the current folder, which can name other programs to run first. Only
# flags of Bun prevent that. They can't stand in the first line: not every system has `env -S`.
command -v bun >/dev/null || {
  echo "postern: needs Bun (https://bun.com): npm install --global bun" >&2
  exit 1
}
# These signals end a process that has no handlers for them yet. Ignored, they stay so in Bun until
# its handlers take their place. SIGHUP may also say that the terminal is gone, and is then obeyed.
trap '' USR1 USR2
[ -z "$NOTIFY_SOCKET" ] || trap '' HUP
exec bun --config=/dev/null --no-env-file "$0" "$@"
*/

/**
 * The command `postern`. An installed package runs a bundle (`bundle.ts`), which starts in half the
 * time. A checkout has no bundle and runs the sources.
 */

const bundle = "../dist/postern-start.js";

/** What gives `main` in a package; undefined in a checkout. */
function load() {
  try {
    return require(bundle);
  } catch (error) {
    if (error instanceof ResolveMessage && error.specifier === bundle) return undefined;
    throw error;
  }
}

// The program waits for `main`, which ends with the server: when a program has run to its end and
// something keeps the process alive, Bun collects all garbage, before the first answer.
if (typeof Bun === "undefined") {
  process.stderr.write("postern: needs Bun (https://bun.com): npm install --global bun\n");
  process.exitCode = 1;
} else {
  // Nothing is waited for before a bundle's `main`.
  const { main } = load() ?? (await import("../src/cli/main.ts"));
  await main(process.argv.slice(2));
}
