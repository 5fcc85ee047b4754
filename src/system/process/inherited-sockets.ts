/**
 * What the system knows of a socket whose descriptor the process has inherited: whether it listens,
 * and on which address (getsockname(2), socket(7)). Linux only.
 */

import { nameText } from "../../base/file-name.ts";
import { openLibc } from "../libc.ts";

/** A socket that listens for streams. */
export type InheritedSocket =
  | { readonly kind: "inet"; readonly host: string; readonly port: number }
  /** `path` begins with "@" in the abstract namespace. */
  | { readonly kind: "unix"; readonly path: string };

/** sys/socket.h, asm-generic/socket.h: the same on x64 and on arm64. */
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_ACCEPTCONN = 30;
const SOCK_STREAM = 1;

/** The size of sockaddr_storage. */
const addressOctets = 128;

/** The IPv6 address of sixteen octets, by RFC 5952 as the URL standard writes it. */
function ipv6Of(octets: DataView): string {
  const groups = Array.from({ length: 8 }, (_, i) => octets.getUint16(i * 2).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

function addressOf(view: DataView, length: number): InheritedSocket | undefined {
  // The family is in the machine's order of octets, the port in the network's.
  const family = view.getUint16(0, true);
  if (family === AF_INET) {
    const host = [4, 5, 6, 7].map((at) => view.getUint8(at)).join(".");
    return { kind: "inet", host, port: view.getUint16(2) };
  }
  if (family === AF_INET6) {
    const host = ipv6Of(new DataView(view.buffer, view.byteOffset + 8, 16));
    return { kind: "inet", host, port: view.getUint16(2) };
  }
  if (family !== AF_UNIX) return undefined;
  const name = new Uint8Array(view.buffer, view.byteOffset + 2, Math.max(0, length - 2));
  if (name[0] === 0) return { kind: "unix", path: `@${nameText(name, 1)}` };
  const end = name.indexOf(0);
  return { kind: "unix", path: nameText(name, 0, end < 0 ? name.length : end) };
}

/**
 * Answers what `descriptor` is: a socket that listens, undefined for anything else. Undefined for
 * all where libc can't be called.
 */
export function socketInspector():
  ((descriptor: number) => InheritedSocket | undefined) | undefined {
  const libc = openLibc({
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  });
  if (libc === undefined) return undefined;
  const option = (socket: number, name: number): number => {
    const value = new Int32Array(1);
    const failed = libc.getsockopt(socket, SOL_SOCKET, name, value, new Uint32Array([4])) !== 0;
    return failed ? -1 : (value[0] ?? -1);
  };
  return (descriptor) => {
    if (option(descriptor, SO_TYPE) !== SOCK_STREAM) return undefined;
    if (option(descriptor, SO_ACCEPTCONN) !== 1) return undefined;
    const address = new Uint8Array(addressOctets);
    const length = new Uint32Array([addressOctets]);
    if (libc.getsockname(descriptor, address, length) !== 0) return undefined;
    return addressOf(new DataView(address.buffer), length[0] ?? 0);
  };
}
