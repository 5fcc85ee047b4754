/**
 * How much of what was written to a socket its client has not yet taken.
 *
 * The kernel takes megabytes at once, and says that there is room again only when a third of them
 * is gone: to a reader of 100 kB per second nothing seems to move for half a minute. Before a
 * client is given up for not reading, the kernel is asked what it still holds. Seldom needed, so
 * nothing of this is loaded at the start; where it can't be had (no Linux, no FFI), nobody knows.
 */

/** `SIOCOUTQ` of linux/sockios.h: unacknowledged octets of a TCP socket, as an int. */
const SIOCOUTQ = 0x5411n;

const libraries = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

type Ask = (descriptor: number) => number | undefined;

let ask: Ask | undefined;

const unknown: Ask = () => undefined;

function load(): Ask {
  if (process.platform !== "linux") return unknown;
  const { dlopen } = require("bun:ffi") as typeof import("bun:ffi");
  const answer = new Int32Array(1);
  for (const library of libraries) {
    try {
      const { symbols } = dlopen(library, {
        ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
      });
      return (descriptor) =>
        symbols.ioctl(descriptor, SIOCOUTQ, answer) === 0 ? answer[0] : undefined;
    } catch {
      // Another libc, then.
    }
  }
  return unknown;
}

/** Octets that the kernel holds for the client of the socket `descriptor`; undefined if unknown. */
export function queuedOctets(descriptor: number): number | undefined {
  if (descriptor < 0) return undefined;
  ask ??= load();
  return ask(descriptor);
}
