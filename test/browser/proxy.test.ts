import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { serve } from "../../index.ts";
import { chromium, Page } from "./chromium.ts";

// A browser begins, which takes a busy machine longer than 5 s.
setDefaultTimeout(120_000);

const page = "<!doctype html><title>Chat</title>";

const talk = (url: string): string => `new Promise((resolve, reject) => {
  const socket = new WebSocket("${url}");
  const got = [];
  socket.onopen = () => socket.send("hello");
  socket.onmessage = ({ data }) => (got.push(data), socket.close(4000, "done"));
  socket.onclose = ({ code, reason, wasClean }) => resolve({ got, code, reason, wasClean });
  socket.onerror = () => reject(new Error("no socket"));
})`;

function tests(): void {
  test("fetches, hears events, and chats over a WebSocket", async () => {
    await using backend = await serve({ files: { "/index.html": page } });
    backend.webSocket("/echo", { message: (socket, message) => socket.send(message) });
    backend.route("GET", "/events", () => {
      const headers = { "Content-Type": "text/event-stream" };
      return new Response("data: one\n\n", { headers });
    });
    const target = `http://127.0.0.1:${backend.port}`;
    await using server = await serve({ files: {}, proxy: { "/": { target, host: "keep" } } });
    using view = await Page.open();
    await view.goto("", server.url);
    expect(await view.value("document.title")).toBe("Chat");
    const posted = `fetch("/", { method: "POST" }).then(({ headers }) => headers.get("Via"))`;
    expect(await view.value(posted)).toBe("1.1 postern");
    const heard = `new Promise((resolve) => {
      const events = new EventSource("/events");
      events.onmessage = ({ data }) => (events.close(), resolve(data));
    })`;
    expect(await view.value(heard)).toBe("one");
    const url = `${server.url.href.replace("http", "ws")}echo`;
    expect(await view.value(talk(url))).toEqual({
      got: ["hello"],
      code: 4000,
      // A Close frame is answered with its code.
      reason: "",
      wasClean: true,
    });
  });
}

if (chromium === undefined) {
  const why = "no chromium here: apt-get install chromium";
  test.skip(`a page behind the proxy (${why})`, () => undefined);
} else {
  describe("a page behind the proxy, in a browser", tests);
}
