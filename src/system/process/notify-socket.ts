/**
 * The socket of a service manager that is told how a service fares (sd_notify(3)): datagrams to a
 * Unix socket, which Bun has none of. Linux only.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { openLibc } from "../libc.ts";

/** A service manager's socket. */
export interface NotifySocket {
  /** Sends lines of `NAME=value`; false when that failed, or took too long. */
  send(lines: string): boolean;
  /** The time of CLOCK_MONOTONIC, in microseconds, as RELOADING=1 needs it. */
  monotonicUs(): bigint;
}

/** sys/socket.h, asm-generic/socket.h, time.h: the same on x64 and on arm64. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDTIMEO = 21;
const MSG_NOSIGNAL = 0x4000;
const CLOCK_MONOTONIC = 1;

/** The most octets of sun_path in sockaddr_un (unix(7)). */
const pathOctetsMax = 108;

/** How long one message may wait for room in the manager's queue, in microseconds. */
const sendTimeUs = 200_000n;

/** The sockaddr_un of `address`: a path, or with "@" in front a name of the abstract namespace. */
function socketAddress(address: string): Uint8Array | undefined {
  if (!/^[/@]./.test(address)) return undefined;
  const name = Buffer.from(address);
  const isAbstract = address.startsWith("@");
  // A path has a NUL behind it.
  if (name.length + (isAbstract ? 0 : 1) > pathOctetsMax) return undefined;
  if (isAbstract) name[0] = 0;
  return Buffer.concat([new Uint8Array([AF_UNIX, 0]), name, new Uint8Array(isAbstract ? 0 : 1)]);
}

/** Opens the socket for messages to `address`, as NOTIFY_SOCKET names it. */
export function openNotifySocket(address: string): Result<NotifySocket, string> {
  const destination = socketAddress(address);
  if (destination === undefined) return failure(`no address of a Unix socket: ${address}`);
  const libc = openLibc({
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
    clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  });
  if (libc === undefined) return failure("the libc of this system can't be called");
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return failure("no socket can be made");
  const timeout = new BigInt64Array([0n, sendTimeUs]);
  libc.setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, timeout, timeout.byteLength);
  return success({
    send: (lines) => {
      const octets = Buffer.from(lines);
      const { length } = destination;
      const sent = libc.sendto(socket, octets, octets.length, MSG_NOSIGNAL, destination, length);
      return Number(sent) === octets.length;
    },
    monotonicUs: () => {
      const time = new BigInt64Array(2);
      libc.clock_gettime(CLOCK_MONOTONIC, time);
      const [seconds = 0n, nanoseconds = 0n] = time;
      return seconds * 1_000_000n + nanoseconds / 1000n;
    },
  });
}
