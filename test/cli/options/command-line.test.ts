import { describe, expect, test } from "bun:test";

import type { Config } from "../../../src/cli/config/config.ts";
import { readCommandLine } from "../../../src/cli/options/command-line.ts";
import type { CommandLine } from "../../../src/cli/options/command-line.ts";

const defaults: CommandLine = {
  config: {},
  configFile: "own",
  ready: undefined,
  help: false,
  version: false,
  json: false,
};

/** What `words` ask for: of the server, and beyond the defaults. */
function read(words: readonly string[], port?: string): Config & Partial<CommandLine> {
  const command = readCommandLine(words, { PORT: port });
  if (!command.ok) throw new Error(command.error);
  const { config, ...others } = command.value;
  const changed = Object.entries(others).filter(
    ([name, value]) => value !== defaults[name as keyof CommandLine],
  );
  return { ...config, ...Object.fromEntries(changed) };
}

function complaint(words: readonly string[], port?: string): string {
  const command = readCommandLine(words, { PORT: port });
  return command.ok ? "accepted" : command.error;
}

test("without a word: nothing is asked for, and everything has its default", () => {
  expect(readCommandLine([], {})).toEqual({ ok: true, value: defaults });
});

describe("each flag", () => {
  test.each<readonly [words: string[], asked: Config & Partial<CommandLine>]>([
    [["--port", "8080"], { port: 8080 }],
    [["--port=0"], { port: 0 }],
    [["-p", "65535"], { port: 65_535 }],
    [["--host", "0.0.0.0"], { host: "0.0.0.0" }],
    [["--proxy", "/api=http://a:1"], { proxy: { "/api": "http://a:1" } }],
    [
      ["--proxy", "/a=http://a", "--proxy=/b=http://b"],
      { proxy: { "/a": "http://a", "/b": "http://b" } },
    ],
    [["--host=::1"], { host: "::1" }],
    [["-H", "localhost.example"], { host: "localhost.example" }],
    [["-p8080"], { port: 8080 }],
    [["-p=8080"], { port: 8080 }],
    [["-H::1"], { host: "::1" }],
    [["-ljson"], { log: "json" }],
    [["-l=json"], { log: "json" }],
    [["-c=a=b.json"], { configFile: { named: "a=b.json" } }],
    [["-sx"], { single: true, explain: true }],
    [["-xap8080"], { explain: true, hidden: true, port: 8080 }],
    [["-qp", "1"], { quiet: true, port: 1 }],
    [["--ready", "json"], { ready: "json" }],
    [["--ready=line"], { ready: "line" }],
    [["--ready", "json:3"], { ready: { descriptor: 3 } }],
    [["--port-file", "p"], { portFile: "p" }],
    [["--unix=a.sock", "--unix-mode", "0660"], { unix: "a.sock", unixMode: 0o660 }],
    [["--no-compress"], { compress: false }],
    [["--early-hints"], { earlyHints: true }],
    [["--cors"], { cors: true }],
    [["--no-cors"], { cors: false }],
    [["--cors", "site"], { cors: true, root: "site" }],
    [["--cors=https://a.example"], { cors: { origins: ["https://a.example"] } }],
    [
      ["--cors=https://a.example", "--cors=http://localhost:3000"],
      { cors: { origins: ["https://a.example", "http://localhost:3000"] } },
    ],
    [["--quiet"], { quiet: true }],
    [["-q"], { quiet: true }],
    [["--qr", "-o"], { qr: true, open: true }],
    [["--log", "none"], { log: "none" }],
    [["-l", "combined"], { log: "combined" }],
    [["--log=json"], { log: "json" }],
    [["--permissions", "process"], { permissions: "process" }],
    [["--explain"], { explain: true }],
    [["-x"], { explain: true }],
    [["--hidden"], { hidden: true }],
    [["-a"], { hidden: true }],
    [["--symlinks", "follow"], { symlinks: "follow" }],
    [["--symlinks=deny"], { symlinks: "deny" }],
    [["--no-listing"], { listing: false }],
    [["--post", "off"], { post: "off" }],
    [["--form", "ask.html"], { form: "ask.html" }],
    [["--form=a=b.html"], { form: "a=b.html" }],
    [["--max-body", "1000"], { limits: { bodyBytesMax: 1000 } }],
    [["--max-body", "8M"], { limits: { bodyBytesMax: 8_388_608 } }],
    [["--max-upload", "2G"], { limits: { uploadBytesMax: 2_147_483_648 } }],
    [["--max-upload=9", "--max-body=1"], { limits: { bodyBytesMax: 1, uploadBytesMax: 9 } }],
    [["--cache", "90"], { cache: 90 }],
    [["--cache=365d"], { cache: 31_536_000 }],
    [["--store-fresh", "5m"], { store: { fresh: 300 } }],
    [["--store-stale=1h"], { store: { staleIfError: 3600 } }],
    [["--upload-quota", "10M"], { uploadQuota: 10_485_760 }],
    [["--upload-quota=12288"], { uploadQuota: 12_288 }],
    [["--max-body=0"], { limits: { bodyBytesMax: 0 } }],
    [["--timeouts", "write=300,idle=60"], { limits: { writeTimeMs: 300_000, idleTimeMs: 60_000 } }],
    [["--drain", "15", "--max-body=1"], { limits: { bodyBytesMax: 1, drainTimeMs: 15_000 } }],
    [["--timeouts", "write=5m,idle=500ms"], { limits: { writeTimeMs: 300_000, idleTimeMs: 500 } }],
    [["--drain", "15s"], { limits: { drainTimeMs: 15_000 } }],
    [["--drain=0.25", "--metrics=9100"], { limits: { drainTimeMs: 250 }, metrics: "9100" }],
    [["--health", "0.0.0.0:9101"], { health: "0.0.0.0:9101" }],
    [["--timeouts=stop=1", "--max-body=1"], { limits: { bodyBytesMax: 1, stopTimeMs: 1000 } }],
    [["--workers", "2"], { workers: 2 }],
    [["--workers=auto"], { workers: "auto" }],
    [["--config", "a.json"], { configFile: { named: "a.json" } }],
    [["-c", "b.ts"], { configFile: { named: "b.ts" } }],
    [["--no-config"], { configFile: "none" }],
    [["--help"], { help: true }],
    [["-h"], { help: true }],
    [["--help", "uploads"], { help: "uploads" }],
    [["--help=all"], { help: "all" }],
    [["-xh", "tls"], { explain: true, help: "tls" }],
    [["site", "--help"], { root: "site", help: true }],
    [["--help", "-x"], { help: "-x" }],
    [["--help", "--single"], { help: "--single" }],
    [["--help", "-x", "site"], { root: "site", help: true, explain: true }],
    [["--version", "--json"], { version: true, json: true }],
    [["--version"], { version: true }],
    [["-v"], { version: true }],
  ])("%p", (words, asked) => {
    expect(read(words)).toEqual(asked);
  });

  test.each<readonly [word: string, asked: Config]>([
    ["--no-quiet", { quiet: false }],
    ["--no-explain", { explain: false }],
    ["--no-hidden", { hidden: false }],
    ["--listing", { listing: true }],
    ["--compress", { compress: true }],
    ["--no-early-hints", { earlyHints: false }],
  ])("that is a switch has its opposite, for what a configuration says: %s", (word, asked) => {
    expect(read([word])).toEqual(asked);
  });
});

describe("words that are no flags", () => {
  test("are the folder, before or after the flags", () => {
    expect(read(["site"])).toEqual({ root: "site" });
    expect(read(["site", "--explain"])).toEqual({ root: "site", explain: true });
    expect(read(["--port", "1", "site"])).toEqual({ root: "site", port: 1 });
  });

  test("may look like flags after --", () => {
    expect(read(["--", "--explain"])).toEqual({ root: "--explain" });
    expect(read(["-q", "--", "-"])).toEqual({ root: "-", quiet: true });
  });

  test("may be -, the name of a folder", () => {
    expect(read(["-"])).toEqual({ root: "-" });
  });
});

describe("PORT in the environment", () => {
  test("is the port where none is named", () => {
    expect(read([], "8080")).toEqual({ port: 8080 });
    expect(read(["--port", "1"], "8080")).toEqual({ port: 1 });
  });

  test("counts for nothing when it is empty", () => {
    expect(read([], "")).toEqual({});
  });

  test("is not looked at when a port is named", () => {
    expect(read(["--port", "1"], "nonsense")).toEqual({ port: 1 });
  });
});

describe("mistakes are one clear line each", () => {
  test.each<readonly [words: string[], line: string]>([
    [["--nope"], "unknown option --nope; --help all lists them"],
    [["-z"], "unknown option -z; --help all lists them"],
    [["--nope=1"], "unknown option --nope; --help all lists them"],
    [["---port", "1"], "unknown option ---port: did you mean --port?"],
    [["-port", "1"], "unknown option -port: did you mean --port?"],
    [["-port=1"], "unknown option -port=1: did you mean --port?"],
    [["-no-config"], "unknown option -no-config: did you mean --no-config?"],
    [["--prot", "1"], "unknown option --prot: did you mean --port?"],
    [["--cleanUrls"], "unknown option --cleanUrls: did you mean --clean-urls?"],
    [["--Hidden"], "unknown option --Hidden: did you mean --hidden?"],
    [["--no-listng"], "unknown option --no-listng: did you mean --no-listing?"],
    [["--no-conifg"], "unknown option --no-conifg: did you mean --no-config?"],
    [["--symlink=deny"], "unknown option --symlink: did you mean --symlinks?"],
    [
      [`--${"port".repeat(20_000)}`],
      `unknown option --${"port".repeat(20_000)}; --help all lists them`,
    ],
    [["-xz"], "unknown option -z in -xz; --help all lists them"],
    [["-xx"], "-x is given twice"],
    [["-x=1"], "-x takes no value"],
    [["-ax=1"], "-x takes no value"],
    [["-xp"], "-p needs a value: N"],
    [["-p="], "--port must be a number from 0 to 65535, not "],
    [["-p8o"], "--port must be a number from 0 to 65535, not 8o"],
    [["-ljsno"], "-l must be one of short, common, combined, json, none, not jsno"],
    [["--port"], "--port needs a value: N"],
    [["-p"], "-p needs a value: N"],
    [["--log"], "--log needs a value: FORM"],
    [["--port", "x"], "--port must be a number from 0 to 65535, not x"],
    [["--port="], "--port must be a number from 0 to 65535, not "],
    [["--port", "65536"], "--port must be a number from 0 to 65535, not 65536"],
    [["--port", "-1"], "--port must be a number from 0 to 65535, not -1"],
    [["--port", "1.5"], "--port must be a number from 0 to 65535, not 1.5"],
    [["--port", "0x10"], "--port must be a number from 0 to 65535, not 0x10"],
    [["--port", "1e3"], "--port must be a number from 0 to 65535, not 1e3"],
    [["--port", " 1"], "--port must be a number from 0 to 65535, not  1"],
    [["--port", "1", "--port", "2"], "--port is given twice"],
    [["--port", "1", "-p", "2"], "-p is given twice"],
    [["-q", "--quiet"], "--quiet is given twice"],
    [["--proxy", "/a=http://b", "--proxy", "/a=http://c"], "--proxy is given twice for /a"],
    [["--quiet", "--no-quiet"], "--no-quiet is given twice"],
    [["--listing", "--no-listing"], "--no-listing is given twice"],
    [["--cors", "--cors=https://a.example"], "--cors is given twice"],
    [["--cors=https://a.example", "--no-cors"], "--no-cors is given twice"],
    [["--no-cors=https://a.example"], "--no-cors takes no value"],
    [["--explain=yes"], "--explain takes no value"],
    [["--no-help"], "unknown option --no-help; --help all lists them"],
    [["--no-port", "1"], "unknown option --no-port; --help all lists them"],
    [["--workers", "0"], "--workers must be a number from 1 on, or auto, not 0"],
    [["--workers", "two"], "--workers must be a number from 1 on, or auto, not two"],
    [["--config"], "--config needs a value: FILE"],
    [["--config", "a", "--no-config"], "--config and --no-config can't both be meant"],
    [["--tls", "--tls-cert", "a"], "--tls and --tls-cert can't both be meant"],
    [["--tls-key", "a", "--no-tls"], "--tls and --tls-key can't both be meant"],
    [["--tls-redirect", "65536"], "--tls-redirect must be a number from 0 to 65535, not 65536"],
    [["--quiet=yes"], "--quiet takes no value"],
    [["--no-listing="], "--no-listing takes no value"],
    [["--log", "loud"], "--log must be one of short, common, combined, json, none, not loud"],
    [["--ready", "xml"], "--ready must be one of line, json, json:3, not xml"],
    [["--permissions", "all"], "--permissions must be one of other, process, not all"],
    [["--symlinks", "some"], "--symlinks must be one of inside, follow, deny, not some"],
    [["--post", "echo-o"], "--post must be one of form, echo, upload, off, not echo-o"],
    [["--max-body", "8MB"], "--max-body must be a number of bytes, or of k, M or G, not 8MB"],
    [
      ["--upload-quota", "10q"],
      "--upload-quota must be a number of bytes, or of k, M or G, not 10q",
    ],
    [
      ["--drain", "86401"],
      "--drain must be a time such as 90, 1.5s, 500ms, 5m, 1h or 7d, up to 1d, not 86401",
    ],
    [
      ["--drain", "15sec"],
      "--drain must be a time such as 90, 1.5s, 500ms, 5m, 1h or 7d, up to 1d, not 15sec",
    ],
    [
      ["--cache", "1.5s"],
      "--cache must be whole seconds, or a time such as 5m, 1h or 7d, not 1.5s",
    ],
    [
      ["--timeouts", "write=5min"],
      "--timeouts must be such as write=5m,idle=60, of head, body, idle, write, handler, stop, " +
        "not write=5min",
    ],
    [["--max-body", "-1"], "--max-body must be a number of bytes, or of k, M or G, not -1"],
    [["a", "b"], "one folder can be served, not 2"],
    [["a", "8000"], "one folder can be served, not 2; did you mean --port 8000?"],
    [["serve", "a"], "one folder can be served, not 2; serve is no command: name the folder alone"],
    [
      ["-l", "5000"],
      "-l must be one of short, common, combined, json, none, not 5000; did you mean --port 5000?",
    ],
    [["--host=0.0.0.0:80"], "--host must be a host or an address, without a port, not 0.0.0.0:80"],
    [["a", "--", "-b", "c"], "one folder can be served, not 3"],
  ])("%p", (words, line) => {
    expect(complaint(words)).toBe(line);
  });

  test("of PORT, too", () => {
    expect(complaint([], "x")).toBe("PORT must be a number from 0 to 65535, not x");
    expect(complaint([], "70000")).toBe("PORT must be a number from 0 to 65535, not 70000");
  });
});

/** The users that `words` ask for, beside the environment's; or what is wrong with them. */
function usersOf(words: readonly string[], given?: string): unknown {
  const command = readCommandLine(words, { POSTERN_AUTH: given });
  return command.ok ? command.value.config.auth : command.error;
}

describe("a user and a password", () => {
  test("come from a flag, or from the environment", () => {
    expect(usersOf(["--auth", "ines:se:same"])).toEqual({ users: { ines: "se:same" } });
    expect(usersOf([], "ines:sesame")).toEqual({ users: { ines: "sesame" } });
    expect(usersOf(["--auth=bob:b"], "ines:sesame")).toEqual({ users: { bob: "b" } });
    expect(usersOf([], "")).toBeUndefined();
  });

  test("go with a password file", () => {
    const both = { file: "users", users: { ines: "sesame" } };
    expect(usersOf(["--auth-file", "users"])).toEqual({ file: "users" });
    expect(usersOf(["--auth-file", "users", "--auth", "ines:sesame"])).toEqual(both);
    expect(usersOf(["--auth-file", "users"], "ines:sesame")).toEqual(both);
  });

  test("are never part of a message", () => {
    expect(usersOf(["--auth", "sesame"])).toBe("--auth must be USER:PASSWORD");
    expect(usersOf(["--auth", ":sesame"])).toBe("--auth must be USER:PASSWORD");
    expect(usersOf([], "sesame")).toBe("POSTERN_AUTH must be USER:PASSWORD");
    expect(usersOf(["--auth", "a:sesame", "--auth", "b:sesame"])).toBe("--auth is given twice");
    expect(usersOf(["--auht=a:sesame"])).not.toContain("sesame");
  });
});
