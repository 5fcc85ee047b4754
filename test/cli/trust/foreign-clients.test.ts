/** Clients that others have written, each with a verifier of its own, and the certificate of --tls. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { DataHome } from "../../data-home.ts";
import { loopbackHosts } from "../../loopback.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";

const site = new TempSite("empty");
site.file("hello.txt", "hello, world");
const home = new DataHome();
let command: Command;

beforeAll(async () => {
  const words = [site.root, "--tls", "--port", "0", "--ready", "json", "--quiet"];
  command = new Command(words, { XDG_DATA_HOME: home.path });
  const ready = JSON.parse((await command.line()) ?? "null") as { port: number };
  command.port = ready.port;
});
afterAll(async () => {
  await command[Symbol.asyncDispose]();
  home[Symbol.dispose]();
  site[Symbol.dispose]();
});

const python = `
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
print(urllib.request.urlopen(sys.argv[2], context=context).read().decode())
`;

const node = `
const [ca, url] = process.argv.slice(1);
require("node:https").get(url, { ca: require("node:fs").readFileSync(ca) }, (response) => {
  response.on("data", (octets) => console.log(octets.toString()));
}).on("error", (error) => console.log(error.code));
`;

/** Clients that print the content of a URL, which trust the authority in a file. */
const clients: readonly (readonly [name: string, words: (ca: string, url: string) => string[]])[] =
  [
    ["curl", (ca, url) => ["-sS", "--cacert", ca, url]],
    ["python3", (ca, url) => ["-c", python, ca, url]],
    ["node", (ca, url) => ["-e", node, ca, url]],
    ["wget", (ca, url) => ["-qO-", `--ca-certificate=${ca}`, url]],
  ];

describe.each(clients)("%s", (name, words) => {
  const program = Bun.which(name);
  const missing = program === null ? ` (no ${name} here)` : "";

  /** What the client prints of `/hello.txt` on `host` when it trusts the authority in `ca`. */
  function printed(host: string, ca: string): string {
    const url = `https://${host}:${command.port}/hello.txt`;
    const { stdout, stderr } = Bun.spawnSync([program ?? name, ...words(ca, url)]);
    return `${stdout.toString()}${stderr.toString()}`;
  }

  test.skipIf(program === null)(`takes it by name and by address${missing}`, async () => {
    for (const host of await loopbackHosts(command.port)) {
      expect([host, printed(host, home.at("ca.pem"))]).toEqual([
        host,
        expect.stringContaining("hello, world") as string,
      ]);
    }
  });

  test.skipIf(program === null)(`refuses it without the authority${missing}`, () => {
    const other = `${import.meta.dir}/../../certificates/root.pem`;
    expect(printed("localhost", other)).not.toContain("hello, world");
  });
});
