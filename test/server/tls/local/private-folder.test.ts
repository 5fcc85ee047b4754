import { afterAll, afterEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from "node:fs";

import { dataFolder, PrivateFolder } from "../../../../src/server/tls/local/private-folder.ts";
import { TempSite } from "../../../temp-site.ts";

const temp = new TempSite("empty");
afterAll(() => temp[Symbol.dispose]());
const path = temp.at("home/data/postern");
afterEach(() => rmSync(temp.at("home"), { recursive: true, force: true }));

function opened(): PrivateFolder {
  const folder = PrivateFolder.open(path);
  if (!folder.ok) throw new Error(folder.error);
  return folder.value;
}

/** What `PrivateFolder.open` says of the folder; "fine" if nothing. */
function refusal(): string {
  const folder = PrivateFolder.open(path);
  return folder.ok ? "fine" : folder.error;
}

const modeOf = (file: string): string => (statSync(file).mode & 0o7777).toString(8);

describe("the folder of what belongs to the user", () => {
  test("is that of the XDG Base Directory Specification, or macOS's own", () => {
    const home = { HOME: "/home/ines" };
    for (const [environment, platform, folder] of [
      [home, "linux", "/home/ines/.local/share/postern"],
      [{ ...home, XDG_DATA_HOME: "/data" }, "linux", "/data/postern"],
      [{ ...home, XDG_DATA_HOME: "data" }, "linux", "/home/ines/.local/share/postern"],
      [{ ...home, XDG_DATA_HOME: "" }, "linux", "/home/ines/.local/share/postern"],
      [home, "darwin", "/home/ines/Library/Application Support/postern"],
    ] as const) {
      expect(dataFolder(environment, platform)).toEqual({ ok: true, value: folder });
    }
    expect(dataFolder({ HOME: "." }, "linux").ok).toBe(false);
  });

  test("is made for its user alone, whatever the umask is", () => {
    const before = process.umask(0);
    const folder = opened();
    folder.create("a.pem", "a");
    folder.replace("b.pem", "b");
    process.umask(before);
    expect(modeOf(path)).toBe("700");
    expect([modeOf(folder.at("a.pem")), modeOf(folder.at("b.pem"))]).toEqual(["600", "600"]);
  });

  test("is refused when others may look into it, and left as it is", () => {
    mkdirSync(path, { recursive: true });
    for (const mode of [0o755, 0o710, 0o701, 0o770]) {
      chmodSync(path, mode);
      expect(refusal()).toBe(`${path} may be read by others: chmod 700 ${path}`);
      expect(modeOf(path)).toBe(mode.toString(8));
    }
  });

  test("is refused when it is a link, or no folder", () => {
    mkdirSync(temp.at("home/data"), { recursive: true });
    mkdirSync(temp.at("home/elsewhere"), { mode: 0o700 });
    symlinkSync(temp.at("home/elsewhere"), path);
    expect(refusal()).toBe(`${path} is no folder`);
    rmSync(path);
    temp.file("home/data/postern", "");
    expect(refusal()).toBe(`${path} can't be made: EEXIST`);
  });

  test.skipIf(process.platform !== "linux")("says what helps where nothing can be made", () => {
    const opening = PrivateFolder.open("/sys/postern");
    expect(opening.ok ? "" : opening.error).toMatch(
      /^\/sys\/postern can't be made: E\w+; XDG_DATA_HOME names another place to keep it$/,
    );
  });

  test.skipIf(process.geteuid?.() !== 0)("is refused when it is another user's", () => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chownSync(path, 12_345, 12_345);
    expect(refusal()).toBe(`${path} belongs to another user (12345)`);
  });
});

describe("a file in it", () => {
  test("is read, and is not there before", () => {
    const folder = opened();
    expect(folder.read("a.pem")).toEqual({ ok: true, value: undefined });
    folder.replace("a.pem", "one\n");
    folder.replace("a.pem", "two\n");
    expect(folder.read("a.pem")).toEqual({ ok: true, value: "two\n" });
  });

  test("is made by the first, and left by others", () => {
    const folder = opened();
    expect(folder.create("a.pem", "first")).toEqual({ ok: true, value: "created" });
    expect(folder.create("a.pem", "second")).toEqual({ ok: true, value: "exists" });
    expect(folder.read("a.pem")).toEqual({ ok: true, value: "first" });
  });

  test("leaves nothing beside it", () => {
    const folder = opened();
    folder.create("a.pem", "1");
    folder.create("a.pem", "2");
    folder.replace("a.pem", "3");
    expect(readdirSync(path)).toEqual(["a.pem"]);
  });

  test("is refused when others may read it", () => {
    const folder = opened();
    folder.create("a.pem", "key");
    for (const mode of [0o644, 0o640, 0o604]) {
      chmodSync(folder.at("a.pem"), mode);
      const file = folder.at("a.pem");
      const error = `${file} may be read by others: chmod 600 ${file}`;
      expect(folder.read("a.pem")).toEqual({ ok: false, error });
    }
  });

  test.skipIf(process.geteuid?.() !== 0)("is refused when it is another user's", () => {
    const folder = opened();
    folder.create("a.pem", "key");
    chownSync(folder.at("a.pem"), 12_345, 12_345);
    const error = `${folder.at("a.pem")} belongs to another user (12345)`;
    expect(folder.read("a.pem")).toEqual({ ok: false, error });
  });

  test("is refused when it is a link, a folder, or too large", () => {
    const folder = opened();
    temp.file("home/key.pem", "key", 0o600);
    symlinkSync(temp.at("home/key.pem"), folder.at("link.pem"));
    mkdirSync(folder.at("folder.pem"), { mode: 0o700 });
    folder.create("large.pem", "");
    truncateSync(folder.at("large.pem"), 65_537);
    for (const name of ["link.pem", "folder.pem", "large.pem"]) {
      const read = folder.read(name);
      expect([name, read.ok ? "" : read.error]).toEqual([
        name,
        expect.stringContaining(folder.at(name)) as string,
      ]);
    }
  });

  test("that can't be written is said so", () => {
    const folder = opened();
    rmSync(path, { recursive: true });
    const error = `${folder.at("a.pem")} can't be written: ENOENT`;
    expect(folder.create("a.pem", "x")).toEqual({ ok: false, error });
    expect(existsSync(path)).toBe(false);
  });
});
