import { describe, expect, test } from "bun:test";

import type { Exchange } from "../../bench/cases.ts";
import { cases, fixedAnswer } from "../../bench/cases.ts";
import { rotate } from "../../bench/contest.ts";
import { ResponseFramer } from "../../bench/framer.ts";
import { Load } from "../../bench/load.ts";
import { peers } from "../../bench/peers.ts";
import { probes } from "../../bench/probes.ts";
import { siteBytes, uploadBlock } from "../../bench/site.ts";

async function failureOf(promise: Promise<void>): Promise<string> {
  return await promise.then(
    () => "no failure",
    (error: Error) => error.message,
  );
}

describe("cases", () => {
  test("and probes are named once each", () => {
    const names = [...cases, ...probes].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test("and probes are for servers that there are, postern first", () => {
    const known = peers.map(({ name }) => name);
    for (const { servers } of [...cases, ...probes]) {
      expect(servers[0]).toBe("postern");
      expect(servers.filter((each) => !known.includes(each))).toEqual([]);
    }
  });

  test("have a fixed answer that is the one they expect, where one server has no other", () => {
    const fixed = peers.filter(({ isFixed }) => isFixed).map(({ name }) => name);
    for (const each of cases.filter(({ servers }) => servers.some((one) => fixed.includes(one)))) {
      const framer = new ResponseFramer(each.exchanges);
      const count = framer.push(Buffer.from(fixedAnswer(each) ?? ""));
      expect({ name: each.name, count, fault: framer.fault }).toEqual({
        name: each.name,
        count: 1,
        fault: undefined,
      });
    }
  });
});

describe("rounds", () => {
  test("begin with another server each, and go through all", () => {
    expect(rotate(["a", "b", "c"], 0)).toEqual(["a", "b", "c"]);
    expect(rotate(["a", "b", "c"], 4)).toEqual(["b", "c", "a"]);
    expect(rotate([], 3)).toEqual([]);
  });
});

describe("load", () => {
  const exchanges: readonly Exchange[] = [
    { request: "GET / HTTP/1.1\r\n\r\n", status: 404, body: { kind: "any" } },
  ];

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
    const { port } = listener;
    const plan = { port, tls: false, root: "/", connections: 3, exchanges, pipelineDepth: 2 };
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

  test("goes through the exchanges in turn, all connections together", async () => {
    const seen: string[] = [];
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket, received) {
          seen.push(received.toString().slice(4, 6));
          socket.write("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        },
      },
    });
    try {
      const four = ["/a", "/b", "/c", "/d"].map((path): Exchange => {
        return { request: `GET ${path} HTTP/1.1\r\n\r\n`, status: 404, body: { kind: "any" } };
      });
      const { port } = listener;
      const all = { exchanges: four, pipelineDepth: 1, connections: 2 };
      const load = new Load({ port, tls: false, root: "/", ...all });
      await load.open();
      await load.run({ requests: 6, milliseconds: 20_000 });
      expect(seen.toSorted()).toEqual(["/a", "/a", "/b", "/b", "/c", "/c", "/d", "/d"]);
    } finally {
      listener.stop(true);
    }
  });

  test("sends an upload whole", async () => {
    const uploadBytes = 2_500_000;
    const request = `PUT / HTTP/1.1\r\nContent-Length: ${uploadBytes}\r\n\r\n`;
    const received: Buffer[] = [];
    let bytes = 0;
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket, piece) {
          received.push(piece);
          bytes += piece.length;
          if (bytes % (request.length + uploadBytes) > 0) return;
          socket.write("HTTP/1.1 204 No Content\r\n\r\n");
        },
      },
    });
    try {
      const { port } = listener;
      const put: Exchange = { request, uploadBytes, status: 204, body: { kind: "none" } };
      const all = { exchanges: [put], pipelineDepth: 1, connections: 1 };
      await new Load({ port, tls: false, root: "/", ...all }).open();
      const block = Buffer.from(siteBytes(uploadBlock));
      const upload = Buffer.concat([block, block, block]).subarray(0, uploadBytes);
      expect(Buffer.concat(received).equals(Buffer.concat([Buffer.from(request), upload]))).toBe(
        true,
      );
    } finally {
      listener.stop(true);
    }
  });
});
