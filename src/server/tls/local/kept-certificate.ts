/**
 * The certificate for `--tls`, and its authority, which the user's folder keeps from one start to
 * the next:
 *
 *   authority.pem   the authority's certificate and key; made once, and trusted by browsers
 *   server.pem      the certificates that servers present, each with its key; made anew when they
 *                   are about to end, or when the machine's names or addresses have changed
 *   ca.pem          the authority's certificate alone, for programs that are to trust it
 *
 * Clients that name a host are shown a certificate without addresses. BoringSSL, with which Bun's
 * `fetch` and `node:tls` verify, refuses every certificate with an address under an authority that
 * constrains addresses. So a program in Bun that trusts the authority reaches the server by name.
 *
 * What a file is for stands in lines before its PEM (RFC 7468 §5.2), so that nothing has to read
 * ASN.1 to find out.
 */

import { createPrivateKey, X509Certificate } from "node:crypto";

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import { machineNames } from "../../machine-names.ts";
import type { Certificate, KeyPair } from "../certificate.ts";
import type { Subjects } from "./machine-subjects.ts";
import { machineSubjects, permittedNetworks, withHosts } from "./machine-subjects.ts";
import { dataFolder, PrivateFolder } from "./private-folder.ts";
import { isFresh } from "./validity.ts";

const authorityFile = "authority.pem";
const serverFile = "server.pem";
export const trustedFile = "ca.pem";

/** The files in the folder. */
export const keptFiles = [authorityFile, serverFile, trustedFile] as const;

/** The authority that is kept. */
interface KeptAuthority extends KeyPair {
  readonly folder: PrivateFolder;
  /** The names that it may certify, and all below them. */
  readonly names: readonly string[];
  /** The path of its certificate alone. */
  readonly file: string;
}

/** A certificate that is kept, and where. */
interface KeptCertificate extends Certificate {
  readonly ca: string;
  /** The files that hold keys. */
  readonly keyFiles: readonly string[];
}

/** The code that makes certificates, which takes 150 ms to load. */
function maker(): typeof import("./authority.ts") {
  return require("./authority.ts") as typeof import("./authority.ts");
}

/** The words of the line of `text` that begins with `label`. */
function wordsOf(text: string, label: string): readonly string[] {
  const line = new RegExp(`^${label}: (.*)$`, "m").exec(text)?.[1] ?? "";
  return line.split(" ").filter((word) => word !== "");
}

/** The PEM text of what is called `label`. */
function block(label: string): string {
  return `(-----BEGIN ${label}-----[^-]+-----END ${label}-----\\n)`;
}

const pairText = new RegExp(block("CERTIFICATE") + block("PRIVATE KEY"), "g");

/** Whether `key` is the key of `cert`. */
function isPair({ cert, key }: KeyPair): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** The certificates in `text`, each with its key behind it. */
function pairsIn(text: string): readonly KeyPair[] {
  return Array.from(text.matchAll(pairText), ([, cert = "", key = ""]) => ({ cert, key })).filter(
    isPair,
  );
}

/** What stands in a file: lines about it, then its certificates with their keys. */
function fileText(lines: readonly string[], ...pairs: readonly KeyPair[]): string {
  return [...lines, "", ...pairs.map(({ cert, key }) => `${cert}${key}`)].join("\n");
}

/** A date of a message. */
function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Why `authority` can't sign now; undefined when it can. */
function authorityFault(path: string, { cert }: KeyPair, nowMs: number): string | undefined {
  const { validFromDate, validToDate, ca } = new X509Certificate(cert);
  if (!ca) return `${path}: the certificate in it is no authority's`;
  if (nowMs < validFromDate.getTime()) {
    return `${path}: valid from ${day(validFromDate)} on; is the clock right?`;
  }
  if (nowMs < validToDate.getTime()) return undefined;
  return `${path}: it ended on ${day(validToDate)}; postern untrust, then postern trust, renews it`;
}

/** The authority in `text`, the file's. */
function readAuthority(
  folder: PrivateFolder,
  text: string,
  nowMs: number,
): Result<KeptAuthority, string> {
  const path = folder.at(authorityFile);
  const [pair] = pairsIn(text);
  const names = wordsOf(text, "names");
  if (pair === undefined || names.length === 0) {
    const remedy = "postern untrust removes it, and the next start makes another";
    return failure(`${path}: no certificate with its key in it; ${remedy}`);
  }
  const fault = authorityFault(path, pair, nowMs);
  if (fault !== undefined) return failure(fault);
  return success({ ...pair, folder, names, file: folder.at(trustedFile) });
}

/** The text of the file of the authority, which is made if there is none. */
function authorityText(folder: PrivateFolder, nowMs: number): Result<string, string> {
  const kept = folder.read(authorityFile);
  if (!kept.ok) return kept;
  if (kept.value !== undefined) return success(kept.value);
  const { names } = machineSubjects();
  const label = machineNames()[0] ?? "";
  const made = maker().makeAuthority(label, { names, networks: permittedNetworks }, nowMs);
  const lines = [
    "The authority (CA) that postern made for this user. Its key is here: keep it to yourself.",
    `names: ${names.join(" ")}`,
  ];
  const written = folder.create(authorityFile, fileText(lines, made));
  if (!written.ok) return written;
  // Another process may have been first. Its authority is the one.
  const won = folder.read(authorityFile);
  if (!won.ok) return won;
  const path = folder.at(authorityFile);
  return won.value === undefined ? failure(`${path} has been removed`) : success(won.value);
}

/** Opens the folder of this user. Fails with a line. */
export function openFolder(): Result<PrivateFolder, string> {
  const path = dataFolder();
  return path.ok ? PrivateFolder.open(path.value) : path;
}

/** The authority of this user, which is made if there is none. Fails with a line. */
export function keptAuthority(nowMs: number): Result<KeptAuthority, string> {
  const folder = openFolder();
  if (!folder.ok) return folder;
  const text = authorityText(folder.value, nowMs);
  if (!text.ok) return text;
  const authority = readAuthority(folder.value, text.value, nowMs);
  if (!authority.ok) return authority;
  const trusted = folder.value.read(trustedFile);
  if (!trusted.ok) return trusted;
  const { cert } = authority.value;
  if (trusted.value === cert) return authority;
  const written = folder.value.replace(trustedFile, cert);
  return written.ok ? authority : written;
}

/** Whether `authority` may certify `name` (RFC 5280 §4.2.1.10). */
function mayCertify({ names }: KeptAuthority, name: string): boolean {
  return names.some((one) => name === one || name.endsWith(`.${one}`));
}

/** Those of `subjects` that `authority` may certify: a machine may have got another name since. */
export function certifiableBy(authority: KeptAuthority, subjects: Subjects): Subjects {
  return { ...subjects, names: subjects.names.filter((name) => mayCertify(authority, name)) };
}

/** The lines that say what a server's certificate is for. */
function subjectLines({ names, addresses }: Subjects): readonly string[] {
  return [`names: ${names.join(" ")}`, `addresses: ${addresses.join(" ")}`];
}

/**
 * The certificates in `text`, the one with addresses first, if they are for `wanted` at `nowMs`,
 * were signed by `authority`, and will last. They may be for further names below localhost, which
 * other servers have asked for.
 */
function currentIn(
  text: string,
  authority: KeptAuthority,
  wanted: Subjects,
  nowMs: number,
): readonly [all: KeyPair, byName: KeyPair] | undefined {
  const names = wordsOf(text, "names");
  const surplus = names.filter((name) => !wanted.names.includes(name));
  const isFor =
    wanted.names.every((name) => names.includes(name)) &&
    surplus.every((name) => name.endsWith(".localhost")) &&
    wordsOf(text, "addresses").join(" ") === wanted.addresses.join(" ");
  if (!isFor) return undefined;
  const { publicKey } = new X509Certificate(authority.cert);
  const isGood = ({ cert }: KeyPair): boolean =>
    isFresh(cert, nowMs) && new X509Certificate(cert).verify(publicKey);
  const [all, byName] = pairsIn(text).filter(isGood);
  return all === undefined || byName === undefined ? undefined : [all, byName];
}

/**
 * The certificate of this user for this machine, and for those of `hosts` that are its own. Names
 * that the authority may not certify are left out.
 */
export function keptCertificate(
  hosts: readonly string[],
  nowMs: number,
): Result<KeptCertificate, string> {
  const kept = keptAuthority(nowMs);
  if (!kept.ok) return kept;
  const authority = kept.value;
  const { folder, cert: ca } = authority;
  const text = folder.read(serverFile);
  if (!text.ok) return text;
  const wanted = certifiableBy(authority, withHosts(machineSubjects(), hosts));
  const keyFiles = [folder.at(authorityFile), folder.at(serverFile)];
  const current = currentIn(text.value ?? "", authority, wanted, nowMs);
  if (current !== undefined) {
    const [all, byName] = current;
    return success({ ...all, byName, ca, keyFiles });
  }
  const subjects = withHosts(wanted, wordsOf(text.value ?? "", "names"));
  const { issueCertificate } = maker();
  const all = issueCertificate(authority, subjects, nowMs);
  const byName = issueCertificate(authority, { ...subjects, addresses: [] }, nowMs);
  const lines = [
    "The certificates that postern presents: for names and addresses, then for names alone.",
    ...subjectLines(subjects),
  ];
  const written = folder.replace(serverFile, fileText(lines, all, byName));
  return written.ok ? success({ ...all, byName, ca, keyFiles }) : written;
}
