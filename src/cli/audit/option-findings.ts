/**
 * What the options of a site let visitors do besides reading its files, and which of them look as
 * if they let in more than is meant: uploads, backends, proxies that are trusted, passwords that
 * are sent in clear, and listeners for operators that others can ask.
 *
 * That visitors may store files is what an option asks for, and is told. It is a finding where
 * several options together come to more: what everyone may store and everyone gets, say.
 */

import type { IpNet } from "../../base/ip-address.ts";
import { isInNet, parseIpNet } from "../../base/ip-address.ts";
import { AccessRules } from "../../site/auth/access-rules.ts";
import type { AuthRule } from "../../site/auth/auth-options.ts";
import type { ServedSource } from "../../site/open-tree.ts";
import { containPath, displayName, encodeName, encodePath } from "../../tree/path.ts";
import { permits } from "../../tree/permission.ts";
import { View } from "../../tree/view.ts";
import type { CompleteOptions } from "../../server/serve-options.ts";
import { readPlace } from "../../server/operations/listen-place.ts";
import { isLoopback, whereReached } from "../terminal/reached.ts";
import type { AuditedSite } from "./audited-site.ts";

/** What looks wrong about an option. */
type OptionCause =
  | "uploads-public"
  | "uploads-uncovered"
  | "uploads-served"
  | "uploads-trusted"
  | "proxy-covers"
  | "proxy-trust"
  | "passwords-in-clear"
  | "operations-open";

/** An option, and what it comes to. */
interface OptionFinding {
  /** The option with its value, as the command line writes it. */
  readonly option: string;
  readonly cause: OptionCause;
  /** In words. */
  readonly reason: string;
}

/** Who may do something: everyone, every user with a password, or the users that are named. */
type Permitted = "everyone" | "users" | readonly string[];

/** The uploads of a site. */
export interface UploadRights {
  /** The folder that they go into, as visitors ask for it. */
  readonly folder: string;
  /** By which options files are stored. */
  readonly options: readonly ("--put" | "--post upload")[];
  readonly storedBy: Permitted;
  /** Whether visitors who may read the folder get what others have stored. */
  readonly readable: boolean;
  readonly trusted: boolean;
  /** How much the folder may hold, in bytes; null: as much as the disk takes. */
  readonly quota: number | null;
}

/** What the options come to. */
export interface OptionReport {
  /** Absent where nothing is stored. */
  readonly uploads?: UploadRights;
  readonly findings: readonly OptionFinding[];
}

/** Names below the folder of uploads by which rules are tried. */
const probes = ["", "file.bin", "folder/file.bin"];

/** Who may send requests with one method below `folder`: the widest leave of all `probes`. */
function permittedTo(rules: AccessRules | undefined, folder: string, method: string): Permitted {
  let widest: Permitted | undefined;
  for (const probe of probes) {
    const target = { form: "origin", path: folder + probe } as const;
    const [leave = "users"] = rules?.leaveFor({ target, method }) ?? ["everyone" as const];
    const permitted = typeof leave === "string" ? leave : [...leave].toSorted();
    if (widest === undefined || isWider(permitted, widest)) widest = permitted;
  }
  return widest ?? "users";
}

/** Whether some have the leave `one` who don't have `other`. */
function isWider(one: Permitted, other: Permitted): boolean {
  if (other === "everyone") return false;
  if (one === "everyone") return true;
  if (other === "users") return false;
  return one === "users" || one.some((user) => !other.includes(user));
}

/** Who they are, in words. */
export function permittedText(permitted: Permitted): string {
  if (permitted === "everyone") return "everyone";
  return permitted === "users" ? "every user" : permitted.map((one) => displayName(one)).join(", ");
}

/** The methods that `options` store files by. */
function methodsOf({ put, post }: CompleteOptions): readonly string[] {
  return [
    ...(put ? ["PUT", "DELETE", "PATCH"] : []),
    ...(post === "upload" ? ["POST", "PATCH"] : []),
    "MKCOL",
  ];
}

function auditUploads(
  options: CompleteOptions,
  root: ServedSource | undefined,
): OptionReport | undefined {
  const { put, post, auth, uploadDir, uploadMode, permissions, trustUploads } = options;
  if ((!put && post !== "upload") || root === undefined) return undefined;
  const names = uploadDir.split("/").filter((name) => name !== "");
  const folder = encodePath(root.at) + names.map((name) => `${encodeName(name)}/`).join("");
  const { index, cleanUrls } = options;
  const rules =
    auth === undefined ? undefined : new AccessRules(auth.rules ?? [], { index, cleanUrls });
  const reads = permittedTo(rules, folder, "GET");
  const findings: OptionFinding[] = [];
  let storedBy: Permitted | undefined;
  const wider: string[] = [];
  for (const method of new Set(methodsOf(options))) {
    const stores = permittedTo(rules, folder, method);
    if (storedBy === undefined || isWider(stores, storedBy)) storedBy = stores;
    if (isWider(stores, reads)) wider.push(method);
  }
  storedBy ??= "users";
  const readable = permissions === "process" || permits(uploadMode, "read");
  const flags = [...(put ? ["--put" as const] : []), ...(post === "upload" ? [postFlag] : [])];
  const option = flags.join(" ");
  if (wider.length > 0) {
    const who = permittedText(storedBy);
    const reason =
      `${who} may send ${wider.join(", ")} to ${folder}, which ${permittedText(reads)} may read; ` +
      "a rule of auth has to name these methods, or none";
    findings.push({ option, cause: "uploads-uncovered", reason });
  } else if (storedBy === "everyone" && auth?.rules?.some(isPublicForAll) === true) {
    const reason =
      `a public rule of auth lets everyone store files in ${folder}; ` +
      'methods: ["GET"] lets them read alone';
    findings.push({ option, cause: "uploads-public", reason });
  }
  if (storedBy === "everyone" && reads === "everyone" && readable && !trustUploads) {
    const how = permissions === "process" ? "--permissions process" : modeFlag(uploadMode);
    const reason = `everyone gets what everyone may store in ${folder}`;
    findings.push({ option: how, cause: "uploads-served", reason });
  }
  if (storedBy === "everyone" && trustUploads) {
    const reason = `everyone may store pages with scripts, and an index, in ${folder}`;
    findings.push({ option: "--trust-uploads", cause: "uploads-trusted", reason });
  }
  const quota = options.uploadQuota ?? null;
  const uploads = { folder, options: flags, storedBy, readable, trusted: trustUploads, quota };
  return { uploads, findings };
}

/** Whether a rule lets everyone send every method, which may be meant for reading alone. */
function isPublicForAll(rule: AuthRule): boolean {
  return rule.public === true && rule.methods === undefined;
}

const postFlag = "--post upload" as const;

function modeFlag(mode: number): string {
  return `--upload-mode ${mode.toString(8).padStart(3, "0")}`;
}

/** Prefixes of backends under which the tree has something, which no request reaches then. */
async function auditBackends({ options, tree }: AuditedSite): Promise<readonly OptionFinding[]> {
  const findings: OptionFinding[] = [];
  for (const [prefix, target] of Object.entries(options.proxy)) {
    const path = containPath(prefix);
    if (!path.ok) continue;
    const kind = await tree.peek(path.value, View.anew(0));
    if (kind === "absent") continue;
    const at = typeof target === "string" ? target : target.target;
    const reason =
      path.value.segments.length === 0
        ? "its backend answers every path, so no file is served"
        : "its backend answers, so what lies there in the tree is not served";
    findings.push({ option: `--proxy ${prefix}=${at}`, cause: "proxy-covers", reason });
  }
  return findings;
}

/** What no other network can send from (RFC 1122, 1918, 3927, 4193, 4291, 6598). */
const ownNets: readonly IpNet[] = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "100.64.0.0/10",
  "::1",
  "fc00::/7",
  "fe80::/10",
].flatMap((text) => parseIpNet(text) ?? []);

/** All of IPv4, however it is spelled. */
const ipv4 = parseIpNet("0.0.0.0/0");

/**
 * Bits of a net, of IPv4 and of IPv6, from which on it may be that of one operator: the largest
 * that delivery networks publish have 12 and 28.
 */
const operatorBits = { ipv4: 10, ipv6: 20 } as const;

/** Whether the net that `entry` names has more of the internet than one operator does. */
function isTooWide(entry: string): boolean {
  const net = parseIpNet(entry);
  if (net === undefined) return false;
  if (ownNets.some((own) => net.bits >= own.bits && isInNet(net.address, own))) return false;
  const isIpv4 = ipv4 !== undefined && net.bits >= ipv4.bits && isInNet(net.address, ipv4);
  return isIpv4 ? net.bits - ipv4.bits < operatorBits.ipv4 : net.bits < operatorBits.ipv6;
}

function auditTrust({ trustProxy }: CompleteOptions): readonly OptionFinding[] {
  return trustProxy.filter(isTooWide).map((entry) => ({
    option: `--trust-proxy ${entry}`,
    cause: "proxy-trust",
    reason: "all of these addresses may say that they are any client; name the proxies alone",
  }));
}

function auditPasswords(options: CompleteOptions): readonly OptionFinding[] {
  const { auth, tls, host, unix, trustProxy } = options;
  // Behind a proxy that is trusted, TLS is the proxy's.
  if (auth === undefined || tls !== undefined || trustProxy.length > 0) return [];
  const url = new URL("http://localhost/");
  const server = { url, host, port: 0, root: "", ...(unix === undefined ? {} : { unix }) };
  if (whereReached(server, () => []).isLocalOnly) return [];
  const reason = "passwords can be read on their way from other machines; --tls encrypts them";
  return [{ option: `--host ${host}`, cause: "passwords-in-clear", reason }];
}

/** Listeners for those who run the server, which other machines can ask. */
function auditOperations(options: CompleteOptions): readonly OptionFinding[] {
  return (["metrics", "health"] as const).flatMap((name) => {
    const value = String(options[name]);
    const host = readPlace(value)?.host;
    if (host === undefined || isLoopback(URL.parse(`http://${host}/`)?.hostname ?? host)) return [];
    const reason =
      "other machines may ask, without a password; an address of loopback, or a firewall, keeps " +
      "visitors out";
    return [{ option: `--${name} ${value}`, cause: "operations-open", reason } as const];
  });
}

/** What the options of `site` come to. */
export async function auditOptions(site: AuditedSite): Promise<OptionReport> {
  const { options, sources } = site;
  // Without files in memory the first source is the root, if there is one.
  const hasRoot = options.files === undefined && site.root !== "";
  const uploads = auditUploads(options, hasRoot ? sources[0] : undefined);
  const findings = [
    ...(uploads?.findings ?? []),
    ...(await auditBackends(site)),
    ...auditTrust(options),
    ...auditPasswords(options),
    ...auditOperations(options),
  ];
  return { ...uploads, findings };
}
