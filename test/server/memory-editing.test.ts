import { describe, expect, test } from "bun:test";

import { serve } from "../../src/server/serve.ts";
import { ServeError } from "../../src/site/serve-error.ts";

describe("changes of files in memory", () => {
  test("are seen by the next request", async () => {
    await using server = await serve({ files: { "/a.txt": "one" } });
    server.write("/a.txt", "two");
    server.write("/b.txt", "new");
    const texts = ["a.txt", "b.txt"].map((path) =>
      fetch(new URL(path, server.url)).then((response) => response.text()),
    );
    expect(await Promise.all(texts)).toEqual(["two", "new"]);
    server.chmod("/a.txt", 0o600);
    server.remove("/b.txt");
    const statuses = ["a.txt", "b.txt"].map((path) =>
      fetch(new URL(path, server.url)).then(({ status }) => status),
    );
    expect(await Promise.all(statuses)).toEqual([403, 404]);
  });

  test("are refused by a server of a folder, with the option's name", async () => {
    await using server = await serve({ root: import.meta.dir });
    for (const change of [
      () => server.write("/a.txt", ""),
      () => server.chmod("/a.txt", 0o644),
      () => server.remove("/a.txt"),
    ]) {
      expect(change).toThrow(ServeError);
    }
  });
});
