/** The addresses of localhost on this machine, which may have no IPv6. */

import { RawClient } from "./raw-client.ts";

/** Those of 127.0.0.1 and ::1 on which a server of localhost accepts clients at `port`. */
export async function loopbackAddresses(port: number): Promise<readonly string[]> {
  const accepts = await RawClient.connect(port, "::1").then(
    (client) => (client.close(), true),
    () => false,
  );
  return accepts ? ["127.0.0.1", "::1"] : ["127.0.0.1"];
}

/** The hosts by which it is reached, as a URL has them. */
export async function loopbackHosts(port: number): Promise<readonly string[]> {
  const addresses = await loopbackAddresses(port);
  return ["localhost", ...addresses.map((one) => (one.includes(":") ? `[${one}]` : one))];
}
