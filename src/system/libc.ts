/**
 * Functions of libc, called through bun:ffi. Linux only. This is the only file that knows bun:ffi.
 */

import type { FFIFunction, Pointer } from "bun:ffi";

/** libc by the name that glibc has and musl understands, and by musl's own names. */
const libraries = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/**
 * The functions that `symbols` declare; undefined on other systems, where libc has none of these
 * names, and where it lacks a function.
 */
export function openLibc<Symbols extends Record<string, FFIFunction>>(symbols: Symbols) {
  if (process.platform !== "linux") return undefined;
  const { dlopen } = require("bun:ffi") as typeof import("bun:ffi");
  for (const library of libraries) {
    try {
      return dlopen(library, symbols).symbols;
    } catch {
      // The next name may be that of the libc here.
    }
  }
  return undefined;
}

/**
 * Reads errno, the number of the last error, at `location`, which `__errno_location` of libc has
 * returned.
 */
export function errnoReader(location: Pointer | bigint): () => number {
  const { read } = require("bun:ffi") as typeof import("bun:ffi");
  return () => read.i32(location);
}
