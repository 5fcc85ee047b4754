import { expect, test } from "bun:test";
import { dlopen, read } from "bun:ffi";

import { openLibc } from "../../src/system/libc.ts";

const isLinux = process.platform === "linux";

test("libc has its functions on Linux, and is not opened elsewhere", () => {
  const libc = openLibc({ getpid: { args: [], returns: "i32" } });
  expect(libc?.getpid()).toBe(isLinux ? process.pid : undefined);
});

test("libc isn't used when it lacks one of the functions", () => {
  expect(openLibc({ no_such_function_here: { args: [], returns: "i32" } })).toBeUndefined();
});

// What is called without bun:ffi is then what bun:ffi would give, arguments taken as they are.
test.if(isLinux)("bun:ffi passes on Bun's own functions, and wraps none", () => {
  const symbols = { getpid: { args: [], returns: "i32" } } as const;
  const { FFI } = Bun as unknown as { readonly FFI: { readonly read: unknown } };
  expect(read).toBe(FFI.read as typeof read);
  const { getpid } = dlopen("libc.so.6", symbols).symbols;
  expect(String(getpid)).toContain("[native code]");
});

test.if(isLinux)("libc is called without the module bun:ffi, which a start would parse", () => {
  const script = `
    const { openLibc } = await import("./src/system/libc.ts");
    const libc = openLibc({ close: { args: ["i32"], returns: "i32" } });
    // bun:ffi removes this one when it is loaded.
    console.log(libc.close(-1), Object.hasOwn(Bun.FFI, "callback"));
  `;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", script], { stderr: "inherit" });
  expect(stdout.toString()).toBe("-1 true\n");
});
