import { describe, expect, test } from "bun:test";

import type { Config } from "../../../src/cli/config/config.ts";
import { plainPaint } from "../../../src/cli/terminal/paint.ts";
import {
  bannerFor,
  describeOptions,
  terminalBanner,
} from "../../../src/cli/terminal/terminal-banner.ts";
import { pemText } from "../../certificates/certificates.ts";
import { whole } from "../config/whole-config.ts";

const server = { url: new URL("http://0.0.0.0:80/"), host: "0.0.0.0", port: 80, root: "/site" };

function banner(changes: Partial<Parameters<typeof terminalBanner>[0]> = {}): string {
  const reached = { local: ["http://localhost/"], network: [], isLocalOnly: true };
  const facts = { server, config: {}, file: undefined, isFile: false, reached, ...changes };
  return terminalBanner(facts, plainPaint);
}

describe("the options that are set", () => {
  test.each<readonly [config: Config, shown: string]>([
    [{}, ""],
    [
      { explain: true, listing: false, cors: false, log: "short", workers: 1 },
      "--explain --no-listing",
    ],
    [{ log: "json", cache: 0, index: "" }, "--log json --cache 0 --index "],
    [{ headers: [], allowHosts: ["a", "b"] }, "--allow-host (2)"],
    [{ headers: [{ name: "a", value: "b" }] }, "--header"],
    [{ redirects: [{ from: "/a", to: "/b" }] }, "redirects"],
    [{ tls: { cert: "c", key: "k" }, limits: { bodyBytesMax: 1 } }, "TLS limits"],
    [{ cors: { origins: [] } }, "cors"],
    [{ root: "a", host: "b", port: 1, quiet: false, qr: true, open: true }, ""],
    [{ faults: "faults.txt" }, ""],
    [{ form: "a\u001bb" }, "--form a\\u{1b}b"],
  ])("%j", (config, shown) => {
    expect(describeOptions(config).toSorted().join(" ")).toBe(
      shown === ""
        ? ""
        : shown
            .split(/ (?=--|limits)/)
            .toSorted()
            .join(" "),
    );
  });

  test("are told, whichever they are", () => {
    for (const text of describeOptions(whole))
      expect(text).toMatch(/^(?:--[a-z]|TLS$|\w+$|\w+ \()/);
  });
});

describe("the banner", () => {
  test("begins with the line for people, with an address that a browser can go to", () => {
    expect(banner()).toStartWith("Server started. Listening at http://localhost/\n\n");
  });

  test("says that faults are on, and nothing where there are none", () => {
    const on = "answers go wrong on purpose, as faults.txt says";
    expect(banner({ config: { faults: "faults.txt" } })).toContain(
      `\n  Faults    faults are on: ${on}\n`,
    );
    expect(banner({ config: { faults: [] } })).not.toContain("Faults");
  });

  test("shows some of very many addresses", () => {
    const network = Array.from({ length: 20 }, (_, i) => `http://192.0.2.${i}/`);
    const shown = banner({ reached: { local: [], network, isLocalOnly: false } });
    expect(shown).toStartWith("Server started. Listening at http://192.0.2.0/\n");
    expect(shown).toContain("            http://192.0.2.7/\n            and 12 more\n");
    expect(shown).not.toContain("192.0.2.8");
  });

  test("says that there is no address on the network", () => {
    const reached = { local: ["http://localhost/"], network: [], isLocalOnly: false };
    expect(banner({ reached })).toContain("  Network   this machine has no address there\n");
  });

  test("shows the port that leads to https, whichever was free", () => {
    const redirecting = { ...server, tlsRedirect: 4080 };
    const reached = { local: ["https://localhost:4443/"], network: [], isLocalOnly: true };
    const shown = banner({ server: redirecting, reached, config: { tlsRedirect: 0 } });
    expect(shown).toContain("\n  Redirect  http://localhost:4080/ leads to https\n");
    expect(shown).not.toContain("--tls-redirect");
    const on80 = banner({ server: { ...server, tlsRedirect: 80 }, reached });
    expect(on80).toContain("\n  Redirect  http://localhost/ leads to https\n");
    expect(banner()).not.toContain("Redirect");
  });

  test("shows the authority of --tls, and how it is trusted", () => {
    const shown = banner({ server: { ...server, ca: pemText("root") } });
    expect(shown).toMatch(
      /\n  Authority SHA-256 (?:[\dA-F]{2}:){31}[\dA-F]{2}\n {12}postern trust has browsers trust it\n/,
    );
    expect(banner()).not.toContain("Authority");
  });

  test("names the configuration, and escapes what could control the terminal", () => {
    expect(banner({ file: "postern.config.ts" })).toContain("  Config    postern.config.ts\n");
    const odd = banner({ server: { ...server, root: "/a\u001b[31m\nb" } });
    expect(odd).toContain("  Serving   /a\\u{1b}[31m\\u{a}b\n");
  });

  test("of a root that is gone meanwhile still says the rest", async () => {
    const shown = await bannerFor(
      { ...server, root: "/nowhere/at/all" },
      { config: {} },
      { NO_COLOR: "1" },
    );
    expect(shown).toContain("  Serving   /nowhere/at/all\n  Local     http://localhost/\n");
  });
});
