import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { findIdentity } from "../../../src/system/process/user-identity.ts";

const isLinux = process.platform === "linux" && process.env["POSTERN_NATIVE"] !== "off";
const isRoot = isLinux && process.geteuid?.() === 0;

describe.skipIf(!isLinux)("a user and a group (need libc)", () => {
  const uid = process.getuid?.() ?? -1;
  const entries = readFileSync("/etc/passwd", "utf8").split("\n");
  const entry = entries.find((line) => line.split(":")[2] === String(uid))?.split(":") ?? [];
  const [username = "", , , ownGroup, , homedir] = entry;

  test.skipIf(username === "")("are found by name and by number, with group and home", () => {
    const own = { user: uid, group: Number(ownGroup), name: username, home: homedir };
    for (const word of [username, String(uid)]) {
      expect(findIdentity(word)).toEqual({ ok: true, value: own });
    }
    const other = { ...own, group: 54_321 };
    expect(findIdentity(`${username}:54321`)).toEqual({ ok: true, value: other });
  });

  test("may be numbers that have no entries, if both are given", () => {
    const value = { user: 54_321, group: 54_322, name: undefined, home: undefined };
    expect(findIdentity("54321:54322")).toEqual({ ok: true, value });
    expect(findIdentity("54321")).toEqual({
      ok: false,
      error: "user 54321 has no entry, so a group is needed",
    });
  });

  test.each([
    ["", "not NAME or NAME:GROUP: "],
    [":0", "not NAME or NAME:GROUP: :0"],
    ["0:", "not NAME or NAME:GROUP: 0:"],
    ["0:0:0", "not NAME or NAME:GROUP: 0:0:0"],
    ["no-such-user", "no user is called no-such-user"],
    ["4294967295:0", "no user is called 4294967295"],
    ["0:no-such-group", "no group is called no-such-group"],
    ["0:4294967295", "no group is called 4294967295"],
  ])("%p is an error", (words, error) => {
    expect(findIdentity(words)).toEqual({ ok: false, error });
  });
});

/** Becomes nobody, with a second thread, and tries to become root again in every way there is. */
const becoming = `
const path = ${JSON.stringify(join(import.meta.dir, "../../../src/system"))};
const { becomeIdentity, findIdentity } = await import(path + "/process/user-identity.ts");
const { openLibc } = await import(path + "/libc.ts");
const { readdirSync, readFileSync } = await import("node:fs");
const worker = new Worker("data:text/javascript,postMessage(1)");
await new Promise((resolve) => (worker.onmessage = resolve));
const found = findIdentity("54321:54322");
const became = becomeIdentity(found.value);
const libc = openLibc({
  setuid: { args: ["u32"], returns: "i32" },
  seteuid: { args: ["u32"], returns: "i32" },
  setgid: { args: ["u32"], returns: "i32" },
  setgroups: { args: ["u64", "ptr"], returns: "i32" },
});
const again = [libc.setuid(0), libc.seteuid(0), libc.setgid(0), libc.setgroups(1, new Uint32Array(1))];
const status = readFileSync("/proc/self/status", "utf8");
const line = (name) => status.match(new RegExp("^" + name + ":[ \\t]*(.*?)[ \\t]*$", "m"))?.[1];
const threads = [...new Set(readdirSync("/proc/self/task").map((thread) => {
  const text = readFileSync("/proc/self/task/" + thread + "/status", "utf8");
  return text.match(/^Uid:.*\\nGid:.*$/m)[0].replaceAll(/\\s+/g, " ");
}))];
let shadow = "denied";
try { readFileSync("/etc/shadow"); shadow = "read"; } catch {}
const child = Bun.spawnSync([process.execPath, "-e", "console.log(process.getuid())"]).stdout.toString();
console.log(JSON.stringify({
  became, again, shadow, child: child.trim(), threads,
  groups: line("Groups"), capabilities: line("CapEff") + line("CapPrm") + line("CapAmb"),
  privileges: line("NoNewPrivs"),
}));
process.exit(0);
`;

test.skipIf(!isRoot)("a process that has become another user stays it (needs root)", () => {
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", becoming], { cwd: "/" });
  expect(stderr.toString()).toBe("");
  expect(JSON.parse(stdout.toString())).toEqual({
    became: { ok: true },
    again: [-1, -1, -1, -1],
    shadow: "denied",
    child: "54321",
    threads: ["Uid: 54321 54321 54321 54321 Gid: 54322 54322 54322 54322"],
    groups: "",
    capabilities: "0".repeat(48),
    privileges: "1",
  });
});
