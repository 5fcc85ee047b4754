/** The clients that are asked, as far as this machine has them. */

import { existsSync } from "node:fs";

import { chromium } from "../test/browser/chromium.ts";
import { chromiumClient } from "./chromium.ts";
import type { Client } from "./client.ts";
import { curlClient } from "./curl.ts";
import { bunClient, nodeClient, urllibClient } from "./script-clients.ts";

/** A client that this machine may lack. */
interface WantedClient {
  readonly name: string;
  /** The Debian packages that have it. */
  readonly packages: string;
  /** The client, if it is here. */
  readonly find: () => Client | undefined;
}

/** The client that `make` makes of the program called `name`. */
function installed(name: string, make: (path: string) => Client): Client | undefined {
  const path = Bun.which(name);
  return path === null || !existsSync(path) ? undefined : make(path);
}

const wanted: readonly WantedClient[] = [
  { name: "curl", packages: "curl", find: () => installed("curl", curlClient) },
  { name: "undici", packages: "nodejs", find: () => installed("node", nodeClient) },
  { name: "Bun", packages: "", find: bunClient },
  { name: "urllib", packages: "python3", find: () => installed("python3", urllibClient) },
  {
    name: "Chromium",
    packages: "chromium libnss3-tools",
    find: () => {
      const certutil = Bun.which("certutil");
      if (chromium === undefined || certutil === null) return undefined;
      return chromiumClient(chromium, certutil);
    },
  },
];

/** The names of all clients. */
export const clientNames: readonly string[] = wanted.map(({ name }) => name);

/** The clients on this machine, in the order of the columns, and a line for each that isn't. */
export function findClients(names: readonly string[] = clientNames): {
  readonly clients: readonly Client[];
  readonly missing: readonly string[];
} {
  const asked = wanted.filter(({ name }) => names.includes(name));
  const found = asked.map((one) => ({ one, client: one.find() }));
  return {
    clients: found.flatMap(({ client }) => client ?? []),
    missing: found.flatMap(({ one, client }) =>
      client === undefined ? [`${one.name}: not found; apt-get install ${one.packages}`] : [],
    ),
  };
}
