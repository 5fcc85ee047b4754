import { expect, test } from "bun:test";

import { hrefOfEntry, renderRow, timeText } from "../../../src/site/listing/listing-row.ts";
import type { DirectoryEntry } from "../../../src/tree/tree.ts";

const file = (name: string, more: Partial<DirectoryEntry> = {}): DirectoryEntry => ({
  name,
  kind: "file",
  size: 1234,
  mtimeMs: Date.parse("2024-02-29T12:34:56Z"),
  ...more,
});

test("the row of a file has its name, size, time and kind", () => {
  expect(renderRow(file("a.png"), false)).toBe(
    '<tr class="image"><td><a href="./a.png">a.png</a></td>' +
      '<td><span title="1234 bytes">1.2 kB</span></td>' +
      '<td><time datetime="2024-02-29T12:34:56.000Z">2024-02-29 12:34</time></td>' +
      "<td>image</td></tr>\n",
  );
});

test("the row of a folder has no size", () => {
  const row = renderRow(file("a.png", { kind: "directory", mtimeMs: Infinity }), false);
  expect(row).toBe(
    '<tr class="dir"><td><a href="./a.png/">a.png/</a></td>' +
      "<td></td><td></td><td>folder</td></tr>\n",
  );
});

test("a name that may run from right to left is isolated, and its slash is not", () => {
  expect(renderRow(file("تقرير.pdf"), false)).toContain("<bdi>تقرير.pdf</bdi></a>");
  const folder = file("עברית", { kind: "directory" });
  expect(renderRow(folder, false)).toContain("<bdi>עברית</bdi>/</a>");
  expect(renderRow(file("😀 你好.txt"), false)).toContain(">😀 你好.txt</a>");
  expect(renderRow(file("Grüße.txt"), false)).toContain(">Grüße.txt</a>");
});

test("what is not readable has a lock, and its reason only where that is explained", () => {
  const denial = { path: "x/<b>", mode: 0o100640, lacks: "o+r" } as const;
  const locked = renderRow(file("<b>", { denial }), false);
  expect(locked).toStartWith('<tr class="file locked">');
  expect(locked).toContain('</a> <small title="Visitors may not read this">locked</small></td>');
  expect(locked).not.toContain("o+r");
  expect(renderRow(file("<b>", { denial }), true)).toContain(
    '<small class="why">x/&lt;b&gt;: -rw-r----- lacks o+r; chmod o+r to serve it</small>',
  );
});

test("a link is relative, and no scheme (RFC 3986 §4.2)", () => {
  expect(hrefOfEntry(file("javascript:alert(1)"))).toBe("./javascript:alert(1)");
  expect(hrefOfEntry(file("a b?#%.txt", { kind: "directory" }))).toBe("./a%20b%3F%23%25.txt/");
});

test("a time that is no date has no text", () => {
  expect(timeText(0)).toBe("1970-01-01T00:00:00.000Z");
  expect([NaN, Infinity, -1e17, 1e17].map(timeText)).toEqual(Array(4).fill(undefined));
});
