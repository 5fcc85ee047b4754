import { afterAll, expect, test } from "bun:test";

import { contentOf, pathOf, TempTree, uncachedView } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());

test("a folder swapped for a private one in between never shows the private file", async () => {
  temp.file("shown/deep/file.txt", "public");
  temp.file("kept/deep/file.txt", "private");
  temp.folder("kept", 0o700);
  temp.link("by-link", "shown/deep/file.txt");
  const tree = temp.open();
  const swapper = Bun.spawn([process.execPath, `${import.meta.dir}/swap.ts`, temp.root], {
    stdout: "pipe",
  });
  await swapper.stdout.getReader().read();

  const seen = new Map<string, number>();
  const paths = [pathOf("/shown/deep/file.txt"), pathOf("/by-link")] as const;
  try {
    for (let i = 0; i < 20_000; i++) {
      const found = tree.open(i % 2 === 0 ? paths[0] : paths[1], uncachedView());
      const what = found.kind === "file" ? contentOf(found.file) : found.kind;
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
  } finally {
    swapper.kill();
    await swapper.exited;
  }

  expect(seen.get("private")).toBeUndefined();
  expect([...seen.keys()].filter((what) => !allowed.includes(what))).toEqual([]);
  // Both sides were there to be seen, or the test has shown nothing.
  expect(seen.get("public")).toBeGreaterThan(0);
  expect(seen.get("forbidden")).toBeGreaterThan(0);
});

const allowed = ["public", "forbidden", "absent", "failed"];
