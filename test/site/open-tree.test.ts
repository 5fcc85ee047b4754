import { afterAll, describe, expect, test } from "bun:test";

import { defaultLimits } from "../../src/base/limits.ts";
import { SystemClock } from "../../src/schedule/clock.ts";
import { EventLoop } from "../../src/schedule/event-loop.ts";
import { LogicalClock } from "../../src/schedule/logical-clock.ts";
import { TurnBudgets } from "../../src/schedule/turn-budgets.ts";
import type { OpenTree } from "../../src/site/open-tree.ts";
import { openTree } from "../../src/site/open-tree.ts";
import { ServeError } from "../../src/site/serve-error.ts";
import type { CompleteSiteOptions } from "../../src/site/site-options.ts";
import { defaultSiteOptions } from "../../src/site/site-options.ts";
import { rootPath } from "../../src/tree/path.ts";
import { View } from "../../src/tree/view.ts";
import { TempSite } from "../temp-site.ts";

const site = new TempSite("empty");
site.file("index.html", "on disk");
afterAll(() => site[Symbol.dispose]());

function open(options: Partial<CompleteSiteOptions>): OpenTree {
  const scheduler = new EventLoop();
  return openTree({ ...defaultSiteOptions, ...options }, defaultLimits, {
    clock: new SystemClock(scheduler),
    logicalClock: new LogicalClock(),
    budgets: new TurnBudgets(scheduler),
  });
}

/** The index of the root, as text. */
async function indexOf({ tree }: OpenTree): Promise<string> {
  const outcome = await tree.open(rootPath, View.anew(Date.now()));
  if (outcome.kind !== "file") return outcome.kind;
  const text = new TextDecoder().decode(outcome.file.readAll());
  outcome.file.close();
  return text;
}

/** The code of the `ServeError` with which `options` are refused. */
function refusalOf(options: Partial<CompleteSiteOptions>): string {
  try {
    open(options);
    return "none";
  } catch (error) {
    return error instanceof ServeError ? error.code : String(error);
  }
}

describe("the tree that options name", () => {
  test("is the folder at the root", async () => {
    const opened = open({ root: site.root });
    expect(await indexOf(opened)).toBe("on disk");
    expect(opened.source).toEqual({ root: site.root, base: "/", mounts: {} });
    expect(opened.shows(site.at("index.html"))).toBe(true);
    opened.tree.close();
  });

  test("is the files, which show nothing of this machine", async () => {
    const opened = open({ root: site.root, files: { "/index.html": "in memory" } });
    expect(await indexOf(opened)).toBe("in memory");
    expect(opened.source.root).toBe("");
    expect(opened.shows(site.at("index.html"))).toBe(false);
  });

  test("is named again by its source, under other options", async () => {
    for (const first of [open({ root: site.root }), open({ files: { "/index.html": "files" } })]) {
      const text = await indexOf(first);
      const again = open(first.source);
      expect(again.tree).not.toBe(first.tree);
      expect(await indexOf(again)).toBe(text);
      expect(await indexOf(open({ ...first.source, index: "" }))).toBe("directory");
    }
  });

  test("can't be a folder that isn't there, or files without a path", () => {
    expect(refusalOf({ root: site.at("missing") })).toBe("root");
    expect(refusalOf({ files: { "a.txt": "" } })).toBe("files");
  });
});
