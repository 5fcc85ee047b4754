/**
 * What the command prints on a terminal when the server listens: what is served, the addresses at
 * which it is reached, and the options that are set. A pipe gets the first line alone.
 */

import type { Config } from "../config/config.ts";
import type { OptionName } from "../options/option.ts";
import { defaultOf, optionRows } from "../options/option-table.ts";
import { machineAddresses } from "../../server/machine-addresses.ts";
import { lookAt, realPath } from "../../system/file-system.ts";
import { displayName } from "../../tree/path.ts";
import type { Settings } from "../config/settings.ts";
import { hasFaults } from "../config/to-serve-options.ts";
import type { Environment, Paint } from "./paint.ts";
import { choosePaint, plainPaint } from "./paint.ts";
import type { Listening, Reached } from "./reached.ts";
import { redirectUrl, whereReached } from "./reached.ts";

/** Network addresses that the banner shows; a machine with containers may have very many. */
const addressesShownMax = 8;

/** Options that the banner tells in another place, or that have no effect to tell of. */
const toldElsewhere: ReadonlySet<OptionName> = new Set([
  "root",
  "mounts",
  "proxy",
  "host",
  "port",
  "unix",
  "unixMode",
  "tlsRedirect",
  "portFile",
  "faults",
  "quiet",
  "qr",
  "open",
]);

/** One option of the configuration as the flag that sets it; its key where no flag does. */
function describeOption(name: OptionName, value: unknown): string {
  const [flag] = optionRows.find(([one]) => one === name)?.[1].flags ?? [];
  const called = flag === undefined ? name : `--${flag.name}`;
  if (value === true) return called;
  if (value === false) return flag === undefined ? `no ${name}` : `--no-${flag.name}`;
  if (Array.isArray(value)) return value.length === 1 ? called : `${called} (${value.length})`;
  if (typeof value === "number") return `${called} ${value}`;
  if (typeof value === "string") return `${called} ${displayName(value)}`;
  return name === "tls" ? "TLS" : name;
}

/** The options of `config` that are not at their default, as their flags. */
export function describeOptions(config: Config): readonly string[] {
  const set = Object.entries(config) as [OptionName, unknown][];
  return set
    .filter(([name, value]) => {
      const isEmpty = Array.isArray(value) && value.length === 0;
      return (
        !toldElsewhere.has(name) && value !== undefined && !isEmpty && value !== defaultOf(name)
      );
    })
    .map(([name, value]) => describeOption(name, value));
}

/** What the banner tells of. */
interface BannerFacts {
  readonly server: Listening;
  readonly config: Config;
  /** The configuration's file; undefined for none. */
  readonly file: string | undefined;
  /** Whether the root is one file. */
  readonly isFile: boolean;
  readonly reached: Reached;
}

function line(paint: Paint, label: string, text: string): string {
  return `  ${paint("dim", label.padEnd(9))} ${text}\n`;
}

/** What is served: the root, and each further folder behind the path that it is served under. */
function servingLines({ server, config }: BannerFacts, paint: Paint): readonly string[] {
  const mounts = Object.entries(config.mounts ?? {}).map(
    ([at, folder]) => `${displayName(at)} ${paint("dim", "from")} ${displayName(folder)}`,
  );
  const all = server.root === "" ? mounts : [paint("bold", displayName(server.root)), ...mounts];
  return all.map((text, i) => line(paint, i === 0 ? "Serving" : "", text));
}

/** The backends, each behind the path that it answers. */
function proxyLines({ config }: BannerFacts, paint: Paint): readonly string[] {
  const all = Object.entries(config.proxy ?? {}).map(([at, target]) => {
    const url = typeof target === "string" ? target : target.target;
    return `${displayName(at)} ${paint("dim", "to")} ${paint("cyan", displayName(url))}`;
  });
  return all.map((text, i) => line(paint, i === 0 ? "Proxy" : "", text));
}

const onlyLocal = "this machine alone; --host 0.0.0.0 lets others reach it";

function networkLines({ local, network, isLocalOnly }: Reached, paint: Paint): string {
  if (local[0]?.startsWith("unix:") === true) return "";
  if (isLocalOnly) return line(paint, "Network", paint("dim", onlyLocal));
  if (network.length === 0) {
    return line(paint, "Network", paint("dim", "this machine has no address there"));
  }
  const shown = network.slice(0, addressesShownMax).map((url) => paint("cyan", url));
  const left = network.length - shown.length;
  if (left > 0) shown.push(paint("dim", `and ${left} more`));
  return shown.map((text, i) => line(paint, i === 0 ? "Network" : "", text)).join("");
}

/** The port that leads from http to https; its number is known only now when it was 0. */
function redirectLine(
  { tlsRedirect }: Listening,
  [first]: readonly string[],
  paint: Paint,
): string {
  if (tlsRedirect === undefined || first === undefined || !URL.canParse(first)) return "";
  const url = redirectUrl(first, tlsRedirect);
  return line(paint, "Redirect", `${paint("cyan", url)} ${paint("dim", "leads to https")}`);
}

/** The authority that signed the certificate, PEM text, if postern made it. */
function authorityLines(ca: string, paint: Paint): string {
  const { fingerprintOf, howToTrust } =
    require("../trust/authority-line.ts") as typeof import("../trust/authority-line.ts");
  return line(paint, "Authority", fingerprintOf(ca)) + line(paint, "", paint("dim", howToTrust));
}

/** That answers go wrong on purpose, if they do. */
function faultsLines(config: Config, paint: Paint): string {
  if (!hasFaults(config)) return "";
  const { faultsLine } = require("../faults-command.ts") as typeof import("../faults-command.ts");
  return line(paint, "Faults", faultsLine(config));
}

/** The banner, whose first line is that for people; `paint` colours what follows it. */
export function terminalBanner(facts: BannerFacts, paint: Paint): string {
  const { server, config, file, isFile, reached } = facts;
  const { local, network } = reached;
  const [first = server.url.href] = [...local, ...network];
  const options = describeOptions(config);
  return [
    `Server started. Listening at ${first}\n\n`,
    ...servingLines(facts, paint),
    ...proxyLines(facts, paint),
    isFile ? line(paint, "", paint("dim", "this file alone, and nothing beside it")) : "",
    ...local.map((url) => line(paint, "Local", paint("cyan", url))),
    networkLines(reached, paint),
    redirectLine(server, [...local, ...network], paint),
    server.ca === undefined ? "" : authorityLines(server.ca, paint),
    faultsLines(config, paint),
    options.length === 0 ? "" : line(paint, "Options", options.join("  ")),
    file === undefined ? "" : line(paint, "Config", displayName(file)),
    "\n",
  ].join("");
}

/** The QR code of the network address, or why there is none. */
async function codeOf({ network: [url] }: Reached, isPlain: boolean): Promise<string> {
  if (url === undefined) return "  --qr needs an address that others reach: --host 0.0.0.0\n\n";
  const { qrCode } = await import("./qr-code.ts");
  return `${qrCode(url, isPlain)}\n`;
}

/** What is printed on a terminal when `server` listens by `settings`. */
export async function bannerFor(
  server: Listening,
  { config, file }: Settings,
  environment: Environment,
): Promise<string> {
  const paint = choosePaint(true, environment);
  const reached = whereReached(server, () => machineAddresses());
  const real = realPath(server.root);
  const stat = real.ok ? lookAt(real.value) : real;
  const isFile = stat.ok && stat.value.type === "file";
  const facts = { server, config, file: file?.name, isFile, reached };
  const banner = terminalBanner(facts, paint ?? plainPaint);
  return config.qr === true ? banner + (await codeOf(reached, paint === undefined)) : banner;
}
