import { describe, expect, spyOn, test } from "bun:test";
import fs from "node:fs";
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";

import { milliseconds } from "../../../src/base/units.ts";
import type { WatchEvent } from "../../../src/tree/watching/folder-watch.ts";
import { FolderWatch } from "../../../src/tree/watching/folder-watch.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { TempSite } from "../../temp-site.ts";

/** A watch whose events a test can wait for, and whose looks come when the test says so. */
class Watched implements Disposable {
  readonly site: TempSite;
  readonly events: (readonly [path: string, event: WatchEvent])[] = [];
  readonly replaced: boolean[] = [];
  readonly failures: string[] = [];
  readonly #clock = new FakeClock();
  readonly #watch: FolderWatch;
  #wake: (() => void) | undefined;

  constructor(path: string, site?: TempSite) {
    this.site = site ?? new TempSite("empty");
    if (site === undefined) {
      mkdirSync(this.site.at("root"));
      symlinkSync("root", this.site.at("link"));
    }
    const listener = {
      happened: (at: string, event: WatchEvent): void => {
        this.events.push([at, event]);
        this.#wake?.();
      },
      replaced: (isGone: boolean): void => void this.replaced.push(isGone),
      failed: (code: string): void => void this.failures.push(code),
    };
    // A join would lose an octet that is no UTF-8.
    const folder = `${this.site.root}/${path}`;
    this.#watch = new FolderWatch(folder, listener, this.#clock, milliseconds(1000));
  }

  /** Waits until something has happened at `path`. */
  async until(path: string): Promise<void> {
    while (!this.events.some(([at]) => at === path)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Has the watch look at its path. */
  look(): void {
    this.#clock.advance(1000);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.site[Symbol.dispose]();
  }
}

describe("the watch of a folder", () => {
  test("tells of files in it, and in folders that come later", async () => {
    using watched = new Watched("root");
    watched.site.file("root/a.html", "one");
    await watched.until("a.html");
    watched.site.folder("root/new");
    await watched.until("new");
    // The watch of a new folder begins some time after it.
    for (let i = 0; !watched.events.some(([path]) => path.startsWith("new/")); i++) {
      writeFileSync(watched.site.at(`root/new/${i}.html`), "two");
      await Bun.sleep(1);
    }
    expect(watched.replaced).toEqual([]);
  });

  test("sees what is in a folder that another one was renamed over", async () => {
    using watched = new Watched("root");
    watched.site.file("root/dist/a.html", "one");
    await watched.until("dist");
    watched.site.file("made/a.html", "two");
    rmSync(watched.site.at("root/dist"), { recursive: true });
    renameSync(watched.site.at("made"), watched.site.at("root/dist"));
    watched.events.length = 0;
    for (let i = 0; !watched.events.some(([path]) => path === "dist/b.html"); i++) {
      writeFileSync(watched.site.at("root/dist/b.html"), String(i));
      await Bun.sleep(1);
    }
  });

  test("goes on in another folder at its path, and tells of that once", async () => {
    using watched = new Watched("root");
    watched.look();
    expect(watched.replaced).toEqual([]);
    renameSync(watched.site.at("root"), watched.site.at("old"));
    watched.look();
    watched.look();
    expect(watched.replaced).toEqual([true]);
    mkdirSync(watched.site.at("root"));
    watched.look();
    watched.look();
    expect(watched.replaced).toEqual([true, false]);
    writeFileSync(watched.site.at("root/a.html"), "new");
    await watched.until("a.html");
    expect(watched.failures).toEqual([]);
  });

  test("follows a symbolic link, and follows it anew when it is switched", async () => {
    using watched = new Watched("link");
    watched.site.file("root/a.html", "one");
    await watched.until("a.html");
    mkdirSync(watched.site.at("next"));
    unlinkSync(watched.site.at("link"));
    symlinkSync("next", watched.site.at("link"));
    watched.look();
    expect(watched.replaced).toEqual([false]);
    watched.site.file("next/b.html", "two");
    await watched.until("b.html");
  });

  test("tells of names that aren't UTF-8, and is one of a folder with such a name", async () => {
    using watched = new Watched("root");
    const name = Buffer.from("/na\xefve.html", "latin1");
    writeFileSync(Buffer.concat([Buffer.from(watched.site.at("root")), name]), "one");
    await watched.until("na\udcefve.html");
    mkdirSync(Buffer.concat([Buffer.from(watched.site.root), Buffer.from("/\xe9", "latin1")]));
    using odd = new Watched("\udce9", watched.site);
    const file = Buffer.concat([Buffer.from(watched.site.root), Buffer.from("/\xe9/a", "latin1")]);
    writeFileSync(file, "one");
    await odd.until("a");
  });

  test("goes on beside a folder that can't be watched, and tells once if that matters", async () => {
    const watching = spyOn(fs, "watch");
    using watched = new Watched("root");
    const watcher = watching.mock.results[0]?.value as fs.FSWatcher;
    watching.mockRestore();
    for (const code of ["EPERM", "ENOSPC", "ENOSPC"]) {
      watcher.emit("error", Object.assign(new Error("no"), { code }));
    }
    expect(watched.failures).toEqual(["ENOSPC"]);
    watched.site.file("root/a.html", "one");
    await watched.until("a.html");
  });

  test("tells why it can't begin", () => {
    const error = Object.assign(new Error("no"), { code: "EMFILE" });
    const watching = spyOn(fs, "watch").mockImplementation(() => {
      throw error;
    });
    using watched = new Watched("root");
    watched.look();
    watching.mockRestore();
    expect(watched.failures).toEqual(["EMFILE"]);
    expect(watched.replaced).toEqual([]);
  });

  test("ends when it is disposed of", () => {
    const watched = new Watched("root");
    watched[Symbol.dispose]();
    watched.look();
    expect(watched.replaced).toEqual([]);
  });
});
