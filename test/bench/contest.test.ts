import { describe, expect, test } from "bun:test";

import type { Case } from "../../bench/cases.ts";
import { cases, fixedAnswer, siteBytes } from "../../bench/cases.ts";
import { rotate } from "../../bench/contest.ts";
import { ResponseFramer } from "../../bench/framer.ts";
import { Load } from "../../bench/load.ts";
import { readyPortOf } from "../../bench/server.ts";

async function failureOf(promise: Promise<void>): Promise<string> {
  return await promise.then(
    () => "no failure",
    (error: Error) => error.message,
  );
}

describe("cases", () => {
  test("are named once each, and some are standard", () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.some((each) => each.standard)).toBe(true);
  });

  test("the fixed answer of each is the answer it expects", () => {
    for (const each of cases) {
      const framer = new ResponseFramer(each.exchanges);
      const count = framer.push(Buffer.from(fixedAnswer(each) ?? ""));
      expect({ name: each.name, count, fault: framer.fault }).toEqual({
        name: each.name,
        count: 1,
        fault: undefined,
      });
    }
  });

  test("a file's content is the same each time and doesn't repeat", () => {
    const content = siteBytes({ path: "a", bytes: 4096 });
    expect(siteBytes({ path: "a", bytes: 4096 })).toEqual(content);
    expect(siteBytes({ path: "b", bytes: 4096 })).not.toEqual(content);
    expect(content.subarray(0, 1024)).not.toEqual(content.subarray(1024, 2048));
  });
});

describe("rounds", () => {
  test("begin with another server each, and go through all", () => {
    expect(rotate(["a", "b", "c"], 0)).toEqual(["a", "b", "c"]);
    expect(rotate(["a", "b", "c"], 4)).toEqual(["b", "c", "a"]);
    expect(rotate([], 3)).toEqual([]);
  });
});

describe("ready line", () => {
  test("names the port; other lines don't", () => {
    expect(readyPortOf('{"event":"ready","port":4321,"pid":1}')).toBe(4321);
    expect(readyPortOf('{"event":"request","port":4321}')).toBeUndefined();
    expect(readyPortOf("Server started. Listening at http://localhost:9001/")).toBeUndefined();
    expect(readyPortOf("{broken")).toBeUndefined();
  });
});

describe("load", () => {
  const twice: Case = {
    name: "two",
    standard: false,
    files: [],
    exchanges: [{ request: "GET / HTTP/1.1\r\n\r\n", status: 404, body: { kind: "any" } }],
    pipelineDepth: 2,
  };

  /** A server that counts 18-byte requests and answers each with `answer`, or hangs up. */
  function serveFixed(answer: string) {
    let requests = 0;
    let bytes = 0;
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket, received) {
          bytes += received.length;
          const whole = Math.floor(bytes / 18) - requests;
          requests += whole;
          if (answer === "") socket.end();
          else socket.write(answer.repeat(whole));
        },
      },
    });
    const plan = { port: listener.port, root: "/", connections: 3, ...twice };
    return { listener, plan, count: () => requests };
  }

  test("sends exactly as many requests as it is told, and waits for their answers", async () => {
    const { listener, plan, count } = serveFixed("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    try {
      const load = new Load(plan);
      await load.open();
      expect(count()).toBe(6);
      const { requests } = await load.run({ requests: 100, milliseconds: 20_000 });
      expect(requests).toBe(100);
      expect(count()).toBe(106);
    } finally {
      listener.stop(true);
    }
  });

  test("reports a wrong answer", async () => {
    const { listener, plan } = serveFixed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    try {
      expect(await failureOf(new Load(plan).open())).toContain('got "HTTP/1.1 200 OK"');
    } finally {
      listener.stop(true);
    }
  });

  test("reports a server that hangs up", async () => {
    const { listener, plan } = serveFixed("");
    try {
      expect(await failureOf(new Load(plan).open())).toBe("the server closed a connection");
    } finally {
      listener.stop(true);
    }
  });
});
