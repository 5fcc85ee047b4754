/** The paths of Unix sockets (unix(7)). */

/** The most bytes of a path in sockaddr_un, without the NUL: 108 on Linux, 104 on macOS and BSD. */
const pathBytesMax = process.platform === "linux" ? 107 : 103;

/** Why no socket can be at `path`; undefined when one can. */
export function socketPathFault(path: string): string | undefined {
  if (path === "" || path.includes("\0")) return "a socket needs a path";
  if (Buffer.byteLength(path) <= pathBytesMax) return undefined;
  return `the path of a socket has at most ${pathBytesMax} bytes: ${path}`;
}
