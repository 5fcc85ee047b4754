import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

// A browser begins, and a mebibyte goes both ways, which takes a busy machine longer than 5 s.
setDefaultTimeout(120_000);

const site = new TempSite("empty");
let server: Server;
let foreign: Server;

beforeAll(async () => {
  site.file("index.html", "<!doctype html><title>Chat</title>");
  site.file("favicon.ico", "");
  const options = { root: site.root };
  server = await serve(options);
  foreign = await serve(options);
  server.webSocket(
    "/echo",
    {
      message: (socket, message) => {
        if (message === "leave") socket.close(4002, "as you wish");
        else if (message === "break") socket.sendOctets(Uint8Array.of(0xc1, 0x00));
        else socket.send(message);
      },
    },
    { protocols: ["v1"] },
  );
});

afterAll(async () => {
  await Promise.all([server.stop({ force: true }), foreign.stop({ force: true })]);
  site[Symbol.dispose]();
});

/** A page whose `talk` sends `messages`, and says what came back and how the socket closed. */
const script = `
  const talk = (url, messages, end) => new Promise((resolve) => {
    const socket = new WebSocket(url, ["v0", "v1"]);
    const got = [];
    socket.binaryType = "arraybuffer";
    socket.onopen = () => messages.forEach((message) => socket.send(message));
    socket.onmessage = ({ data }) => {
      got.push(typeof data === "string" ? data.length > 99 ? data.length : data : data.byteLength);
      if (got.length === messages.length && end) socket.close(...end);
    };
    socket.onclose = ({ code, reason, wasClean }) =>
      resolve({ got, code, reason, wasClean, protocol: socket.protocol });
  });`;

/** What `talk(…)` comes to on a page of the server `at`. */
async function talk(call: string, at: Server = server): Promise<unknown> {
  using page = await Page.open();
  await page.goto("", at.url);
  const url = server.url.href.replace("http", "ws");
  return await page.value(
    `(() => { ${script} const url = "${url}echo"; return talk(${call}); })()`,
  );
}

function tests(): void {
  test("echoes text, octets and a mebibyte, and closes with a code", async () => {
    const call = `url, ["Grüße", new Uint8Array(3), "x".repeat(1048576), new Blob(["ab"])], [4000, "bye"]`;
    expect(await talk(call)).toEqual({
      got: ["Grüße", 3, 1_048_576, 2],
      code: 4000,
      reason: "",
      wasClean: true,
      protocol: "v1",
    });
  });

  test("is closed by the handler", async () => {
    const call = `url, ["leave"]`;
    const closed = { got: [], code: 4002, reason: "as you wish", wasClean: true };
    expect(await talk(call)).toMatchObject(closed);
  });

  test("sees what a broken server sends as a lost connection", async () => {
    expect(await talk(`url, ["break"]`)).toMatchObject({ code: 1006, wasClean: false });
  });

  test("is refused to a page of another origin", async () => {
    const refused = { got: [], code: 1006, wasClean: false, protocol: "" };
    expect(await talk(`url, ["hello"], [1000]`, foreign)).toEqual({ ...refused, reason: "" });
    expect(server.requests.at(-1)).toMatchObject({ path: "/echo", status: 403 });
  });
}

if (chromium === undefined) {
  const why = "no chromium here: apt-get install chromium";
  test.skip(`a WebSocket of a browser (${why})`, () => undefined);
} else {
  describe("a WebSocket of a browser", tests);
}
