/** A site that two workers serve, and the clients that ask them. */

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";

export const index = join(import.meta.dir, "../../../index.ts");

/** The octets of the site's large file. */
export const size = 20_000_000;

/** On a busy machine a request in flight may take long. */
export const patient = { limits: { stopTimeMs: 60_000 } };

export const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** The message about a worker that has ended and is replaced. */
export function ended(number: number, pid: number, how: string): string {
  return `postern: worker ${number} (process ${pid}) ${how}; another takes its place\n`;
}

/** Whether a server accepts connections on `port`. */
export function isOpen(port: number): Promise<boolean> {
  return RawClient.connect(port).then(
    (client) => {
      client.close();
      return true;
    },
    () => false,
  );
}

/** So many connections that both workers have some, but for a chance of 1 in 2^31. */
export function connections(port: number, count = 32): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => RawClient.connect(port)));
}

export function closeAll(clients: readonly RawClient[]): void {
  for (const client of clients) client.close();
}

/** A site, and a folder for configurations. */
export class WorkerSite implements Disposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-workers-")));
  readonly #site = new TempSite("empty");

  constructor() {
    this.#site.file("a.txt", "a");
    this.#site.file(".secret.txt", "hidden");
    this.#site.file("twenty.bin", new Uint8Array(size).fill(7));
  }

  get root(): string {
    return this.#site.root;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Two workers on a port of their own, and their supervisor. */
  async listening(words: readonly string[] = []): Promise<Command> {
    const all = [this.root, "--port", "0", "--ready", "json", "--workers", "2", ...words];
    const command = new Command(all, {}, this.folder);
    command.port = (JSON.parse((await command.line()) ?? "null") as { port: number }).port;
    return command;
  }

  /** The same under a configuration, which is read again when `configure` changes it. */
  async configured(
    name: string,
    config: object,
    words: readonly string[] = [],
  ): Promise<Command & { configure(changed: object): void }> {
    this.write(name, JSON.stringify(config));
    const command = await this.listening(["--config", name, ...words]);
    const configure = (changed: object): void => {
      this.write(name, JSON.stringify(changed));
      command.signal("SIGHUP");
    };
    return Object.assign(command, { configure });
  }

  [Symbol.dispose](): void {
    this.#site[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
