/**
 * A client on raw TCP that does what RFC 9112 asks of it: an adapter for `check --client`, with which
 * every must and should of the scripts has to hold. It uses a connection again, follows no redirect,
 * repeats nothing, and knows no content coding.
 */

import type { Socket } from "bun";

interface Ask {
  readonly method: string;
  readonly url: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly content?: string;
}

interface Head {
  readonly version: string;
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
}

/** A connection: what came and is not read yet, and how it ended. */
class Wire {
  text = "";
  end: "open" | "closed" | "reset" = "open";
  socket: Socket | undefined;
  #wake = (): void => {};

  static async open(host: string, port: number): Promise<Wire> {
    const wire = new Wire();
    wire.socket = await Bun.connect({
      hostname: host,
      port,
      socket: {
        data: (_, octets) => wire.#change(() => (wire.text += octets.toString("latin1"))),
        end: () => wire.#change(() => (wire.end = "closed")),
        close: (_, error) => {
          wire.#change(() => {
            if (wire.end === "open") wire.end = error === undefined ? "closed" : "reset";
          });
        },
      },
    });
    return wire;
  }

  /** Waits until there is more, and fails where there can't be. */
  async more(): Promise<void> {
    if (this.end !== "open") throw new Error(`the connection was ${this.end}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
  }

  async take(count: number): Promise<string> {
    while (this.text.length < count) await this.more();
    const taken = this.text.slice(0, count);
    this.text = this.text.slice(count);
    return taken;
  }

  async line(): Promise<string> {
    while (!this.text.includes("\n")) await this.more();
    const line = await this.take(this.text.indexOf("\n") + 1);
    return line.replace(/\r?\n$/u, "");
  }

  async rest(): Promise<string> {
    while (this.end === "open") await this.more();
    if (this.end === "reset") throw new Error("the connection was reset");
    return this.take(this.text.length);
  }

  close(): void {
    this.socket?.end();
  }

  #change(change: () => void): void {
    change();
    // Data on a connection without an outstanding request: RFC 9112 §9.2.
    if (!this.busy) this.close();
    this.#wake();
  }

  busy = false;
}

let kept: Wire | undefined;

for await (const line of console) {
  process.stdout.write(`${JSON.stringify(await told(JSON.parse(line) as Ask))}\n`);
}
process.exit(0);

async function told(ask: Ask): Promise<object> {
  const { hostname, port } = new URL(ask.url);
  const wire =
    kept?.end === "open" && kept.text === "" ? kept : await Wire.open(hostname, Number(port));
  kept = undefined;
  wire.busy = true;
  try {
    wire.socket?.write(Buffer.from(requestText(ask), "latin1"));
    const head = await finalHead(wire);
    const { text, ends } = await content(wire, ask.method, head);
    const close = ends || wire.text !== "" || values(head, "connection").includes("close");
    wire.busy = false;
    if (close || head.version === "HTTP/1.0") wire.close();
    else kept = wire;
    const coded = Buffer.from(text, "latin1").toString("base64");
    return { status: head.status, fields: head.fields, content: coded };
  } catch (error) {
    wire.close();
    return { error: error instanceof Error ? error.message : "no reason" };
  }
}

function requestText({ method, url, fields, content: coded }: Ask): string {
  const { host, pathname, search } = new URL(url);
  const body = Buffer.from(coded ?? "", "base64").toString("latin1");
  const length = method === "POST" ? [`Content-Length: ${body.length}`] : [];
  const own = [`Host: ${host}`, "User-Agent: strict", ...length];
  const lines = [`${method} ${pathname}${search} HTTP/1.1`, ...own];
  lines.push(...fields.map(([name, value]) => `${name}: ${value}`));
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

async function finalHead(wire: Wire): Promise<Head> {
  for (;;) {
    const match = /^HTTP\/1\.(\d) ([1-9]\d\d)(?: |$)/u.exec(await wire.line());
    if (match === null) throw new Error("no status line");
    const [, minor = "", code = ""] = match;
    const fields = await section(wire);
    const version = minor === "0" ? "HTTP/1.0" : "HTTP/1.1";
    const status = Number(code);
    if (status >= 600) throw new Error("no valid status");
    if (status >= 200) return { version, status, fields };
  }
}

async function section(wire: Wire): Promise<Head["fields"]> {
  const lines: string[] = [];
  for (;;) {
    const line = await wire.line();
    if (line === "") break;
    if (/[\r\0]/u.test(line)) throw new Error("CR or NUL in a field");
    if (/^[ \t]/u.test(line) && lines.length > 0) lines.push(`${lines.pop()} ${line.trim()}`);
    else lines.push(line);
  }
  return lines.map((line) => {
    const match = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*(.*?)[ \t]*$/u.exec(line);
    if (match === null) throw new Error("no field");
    return [match[1] ?? "", match[2] ?? ""] as const;
  });
}

function values({ fields }: Head, name: string): string {
  return fields
    .filter(([each]) => each.toLowerCase() === name)
    .map(([, value]) => value.toLowerCase())
    .join(", ");
}

/** The steps of RFC 9112 §6.3. `ends` says that the connection can't be used again. */
async function content(
  wire: Wire,
  method: string,
  head: Head,
): Promise<{ text: string; ends: boolean }> {
  const codings = values(head, "transfer-encoding");
  if (method === "HEAD" || head.status === 204 || head.status === 304) {
    return { text: "", ends: false };
  }
  if (codings !== "") {
    if (values(head, "content-length") !== "") throw new Error("a length beside a coding");
    if (codings === "chunked") return { text: await chunks(wire), ends: false };
    return { text: await wire.rest(), ends: true };
  }
  const lengths = new Set(values(head, "content-length").split(", "));
  const [length = ""] = lengths;
  if (length === "") return { text: await wire.rest(), ends: true };
  if (lengths.size > 1 || !/^\d{1,15}$/u.test(length)) throw new Error("no valid length");
  return { text: await wire.take(Number(length)), ends: false };
}

async function chunks(wire: Wire): Promise<string> {
  let text = "";
  for (;;) {
    const match = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/iu.exec(await wire.line());
    if (match === null) throw new Error("no chunk size");
    const sizeBytes = Number.parseInt(match[1] ?? "", 16);
    if (sizeBytes === 0) break;
    text += await wire.take(sizeBytes);
    if ((await wire.take(2)) !== "\r\n") throw new Error("no line end after a chunk");
  }
  await section(wire);
  return text;
}
