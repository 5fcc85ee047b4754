import { describe, expect, test } from "bun:test";

import { aheadOptions, listenAhead, shareOut } from "../../../src/cli/process/listen-ahead.ts";
import { serve } from "../../../src/server/serve.ts";
import { canActivate } from "./activated.ts";

const group = (...main: number[]): { main: number[]; redirect: number[] } => ({
  main,
  redirect: main.map((descriptor) => descriptor + 100),
});

describe("the sockets of each process", () => {
  test("are those of its own group", () => {
    const groups = [group(3, 4), group(5, 6)];
    expect(shareOut(groups, 2)).toEqual(groups);
  });

  test("are several groups where there are more of those, so that none is left over", () => {
    const groups = [group(3), group(4), group(5)];
    expect(shareOut(groups, 1)).toEqual([group(3, 4, 5)]);
    expect(shareOut(groups, 2)).toEqual([group(3, 5), group(4)]);
  });

  test("are shared where there are fewer groups", () => {
    const groups = [group(3), group(4)];
    expect(shareOut(groups, 5)).toEqual([group(3), group(4), group(3), group(4), group(3)]);
  });

  test("keep that the file of a Unix socket is to be removed", () => {
    const sockets = { main: [3], redirect: [], removesFile: true };
    expect(shareOut([sockets], 1)).toEqual([sockets]);
    const ahead = { host: "localhost", port: 0, unix: "a", groups: [sockets], release() {} };
    expect(aheadOptions(ahead, { main: [], health: [9] })).toEqual({
      host: "localhost",
      port: 0,
      unix: "a",
      sockets: { ...sockets, health: [9] },
    });
  });

  test("are none where there is no group", () => {
    expect(shareOut([], 2)).toEqual([]);
  });
});

describe("listening ahead", () => {
  test("fails as a server would, and gives up the first port when the second is taken", async () => {
    await using server = await serve();
    const { port } = server;
    expect(() => listenAhead("localhost", port, undefined, 1)).toThrow(
      expect.objectContaining({ code: "port-taken" }),
    );
    expect(() => listenAhead("localhost", 0, port, 1)).toThrow(
      `the port that redirects to https: port ${port} on localhost is in use`,
    );
  });

  test.skipIf(!canActivate)("has a group of sockets for each process (needs libc)", () => {
    const ahead = listenAhead("127.0.0.1", 0, 0, 3);
    const { groups, port, tlsRedirect } = ahead;
    expect(groups.map(({ main, redirect = [] }) => [main.length, redirect.length])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    const sockets = { main: groups.flatMap(({ main }) => main) };
    expect(aheadOptions(ahead)).toMatchObject({ host: "127.0.0.1", port, tlsRedirect, sockets });
    ahead.release();
  });
});
