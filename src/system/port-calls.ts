/**
 * The system calls on sockets by which a process keeps a port for sockets that share it, after its
 * own socket has listened on the port alone. `server/port-claim.ts` says what for. Linux only.
 */

import { openLibc } from "./libc.ts";

/** The calls. */
interface PortCalls {
  /** fcntl F_DUPFD_CLOEXEC: a second descriptor of `socket`; -1 when that fails. */
  copy(socket: number): number;
  /** setsockopt: has `socket` share its port with sockets that share, and with no other. */
  share(socket: number): boolean;
}

/** linux/fcntl.h, asm-generic/socket.h: the same on x64 and on arm64. */
const F_DUPFD_CLOEXEC = 1030;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;

/**
 * The calls, loaded by each call of this function; undefined where libc can't be had, and where
 * `POSTERN_NATIVE=off` stands in the environment.
 */
export function loadPortCalls(): PortCalls | undefined {
  if (process.env["POSTERN_NATIVE"] === "off") return undefined;
  const libc = openLibc({
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  });
  if (libc === undefined) return undefined;
  const set = (socket: number, option: number, value: 0 | 1): boolean =>
    libc.setsockopt(socket, SOL_SOCKET, option, new Int32Array([value]), 4) === 0;
  return {
    copy: (socket) => libc.fcntl(socket, F_DUPFD_CLOEXEC, 0),
    // With SO_REUSEADDR the socket would admit any other that has it, if it stopped listening.
    share: (socket) => set(socket, SO_REUSEPORT, 1) && set(socket, SO_REUSEADDR, 0),
  };
}
