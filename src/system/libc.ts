/**
 * Functions of libc, called through bun:ffi. Linux only. This is the only file that knows bun:ffi.
 */

import type { FFIFunction, Pointer } from "bun:ffi";

/** The part of bun:ffi that a start uses. */
type Native = Pick<typeof import("bun:ffi"), "dlopen" | "read">;

/**
 * Bun's own functions, which bun:ffi passes on. Without that module, whose text the engine parses
 * at each start, they are had 0.6 ms earlier. Bun's types lack them.
 */
function native(): Native {
  const { FFI } = Bun as unknown as { readonly FFI?: Native };
  return FFI ?? (require("bun:ffi") as typeof import("bun:ffi"));
}

/** libc by the name that glibc has and musl understands, and by musl's own names. */
const libraries = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/**
 * The functions that `symbols` declare; undefined on other systems, where libc has none of these
 * names, and where it lacks a function.
 */
export function openLibc<Symbols extends Record<string, FFIFunction>>(symbols: Symbols) {
  if (process.platform !== "linux") return undefined;
  const { dlopen } = native();
  for (const library of libraries) {
    try {
      // Bun's own function returns an error, and bun:ffi throws it.
      const opened = dlopen(library, symbols);
      if (!Error.isError(opened)) return opened.symbols;
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
  const { read } = native();
  return () => read.i32(location);
}

/**
 * Reads the structs that functions of libc return pointers to, at offsets from where they begin: a
 * number, or the text that a pointer in the struct leads to.
 */
export function structReader() {
  const { CString, read } = require("bun:ffi") as typeof import("bun:ffi");
  return {
    i32: (struct: Pointer | bigint, offset: number): number => read.i32(struct, offset),
    text: (struct: Pointer | bigint, offset: number): string =>
      new CString(read.ptr(struct, offset)),
  };
}
