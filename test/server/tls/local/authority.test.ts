import { afterAll, describe, expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { issueCertificate, makeAuthority } from "../../../../src/server/tls/local/authority.ts";
import type { Subjects } from "../../../../src/server/tls/local/machine-subjects.ts";
import { permittedNetworks } from "../../../../src/server/tls/local/machine-subjects.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-authority-"));
afterAll(() => rmSync(folder, { recursive: true }));

const dayMs = 86_400_000;
const nowMs = Date.now();
const subjects: Subjects = {
  names: ["localhost", "laptop", "laptop.local"],
  addresses: ["127.0.0.1", "::1", "192.168.1.7", "fd12::7"],
};
const authority = makeAuthority(
  "test",
  { names: subjects.names, networks: permittedNetworks },
  nowMs,
);
const issued = issueCertificate(authority, subjects, nowMs);

const openssl = Bun.which("openssl");
const opensslTest = openssl === null ? test.skip : test;
const without = openssl === null ? " (no openssl here)" : "";

/** What openssl says with `words`; the certificate `cert` is in the file that `FILE` stands for. */
function ask(words: string, cert: string): string {
  const file = join(folder, "cert.pem");
  const ca = join(folder, "ca.pem");
  writeFileSync(file, cert);
  writeFileSync(ca, authority.cert);
  const all = words.split(" ").map((word) => ({ FILE: file, CA: ca })[word] ?? word);
  const { stdout, stderr } = Bun.spawnSync(["openssl", ...all]);
  return `${stdout.toString()}${stderr.toString()}`;
}

describe("an authority", () => {
  test("signs itself, has its own key, and lives ten years", () => {
    const cert = new X509Certificate(authority.cert);
    expect(cert.ca).toBe(true);
    expect(cert.verify(cert.publicKey)).toBe(true);
    expect(cert.checkPrivateKey(createPrivateKey(authority.key))).toBe(true);
    const days = (cert.validToDate.getTime() - nowMs) / dayMs;
    expect(Math.round(days)).toBe(3650);
  });

  test("is another one each time, by name, number and key", () => {
    const other = makeAuthority("test", { names: ["localhost"], networks: [] }, nowMs);
    const [a, b] = [new X509Certificate(authority.cert), new X509Certificate(other.cert)];
    expect(a.subject).toMatch(/^CN=postern CA [\da-f]{8} test$/);
    expect(b.subject).not.toBe(a.subject);
    expect(b.serialNumber).not.toBe(a.serialNumber);
  });

  test("has a name that fits (RFC 5280 appendix A.1)", () => {
    const long = makeAuthority("x".repeat(200), { names: ["localhost"], networks: [] }, nowMs);
    expect(new X509Certificate(long.cert).subject.slice("CN=".length).length).toBe(64);
  });

  opensslTest(`may sign servers of its names and networks, and nothing else${without}`, () => {
    const text = ask("x509 -noout -text -in FILE", authority.cert);
    expect(text).toContain(
      "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0",
    );
    expect(text).toContain(
      "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign",
    );
    expect(text).toContain("TLS Web Server Authentication");
    expect(text).toContain("X509v3 Name Constraints: critical");
    const constraints = text.matchAll(/^ {18}((?:DNS|IP):.*)$/gm);
    expect(Array.from(constraints, ([, one]) => one)).toEqual([
      "DNS:localhost",
      "DNS:laptop",
      "DNS:laptop.local",
      "IP:127.0.0.0/255.0.0.0",
      "IP:10.0.0.0/255.0.0.0",
      "IP:172.16.0.0/255.240.0.0",
      "IP:192.168.0.0/255.255.0.0",
      "IP:169.254.0.0/255.255.0.0",
      "IP:100.64.0.0/255.192.0.0",
      "IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF",
      "IP:FC00:0:0:0:0:0:0:0/FE00:0:0:0:0:0:0:0",
    ]);
  });
});

describe("a certificate of it", () => {
  test("has a key of its own, and lives 397 days at most", () => {
    const cert = new X509Certificate(issued.cert);
    expect(cert.ca).toBe(false);
    expect(cert.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
    expect(cert.checkPrivateKey(createPrivateKey(issued.key))).toBe(true);
    const days = (cert.validToDate.getTime() - cert.validFromDate.getTime()) / dayMs;
    expect(days).toBeGreaterThan(60);
    expect(days).toBeLessThanOrEqual(397);
  });

  test("ends with its authority at the latest", () => {
    const lateMs = nowMs + 3649 * dayMs;
    const { validTo } = new X509Certificate(issueCertificate(authority, subjects, lateMs).cert);
    expect(validTo).toBe(new X509Certificate(authority.cert).validTo);
  });

  test("is for the names and addresses, as clients compare them", () => {
    const cert = new X509Certificate(issued.cert);
    for (const name of subjects.names) expect(cert.checkHost(name)).toBe(name);
    for (const address of subjects.addresses) expect(cert.checkIP(address)).toBe(address);
    expect(cert.checkHost("app.localhost")).toBeUndefined();
  });

  opensslTest(`passes a strict verification (RFC 5280 §6)${without}`, () => {
    const words = "verify -x509_strict -purpose sslserver -CAfile CA FILE";
    expect(ask(words, issued.cert)).toContain("FILE: OK".replace("FILE", join(folder, "cert.pem")));
    const text = ask("x509 -noout -text -in FILE", issued.cert);
    expect(text).toContain("X509v3 Basic Constraints: critical\n                CA:FALSE");
    expect(text).toContain("X509v3 Key Usage: critical\n                Digital Signature\n");
    expect(text).toContain("X509v3 Subject Key Identifier");
    expect(text).toContain("X509v3 Authority Key Identifier");
  });

  opensslTest.each<readonly [what: string, beyond: Partial<Subjects>]>([
    ["a name of another site", { names: ["localhost", "evil.example"] }],
    ["a name that only ends like one", { names: ["notlocalhost"] }],
    ["a public address", { addresses: ["127.0.0.1", "9.9.9.9"] }],
    ["a public address of IPv6", { addresses: ["2001:db8::1"] }],
  ])(`fails for %s (RFC 5280 §4.2.1.10)${without}`, (_what, beyond) => {
    const { cert } = issueCertificate(authority, { ...subjects, ...beyond }, nowMs);
    const said = ask("verify -purpose sslserver -CAfile CA FILE", cert);
    expect(said).toContain("permitted subtree violation");
  });

  opensslTest(`fails as an authority (RFC 5280 §4.2.1.9)${without}`, () => {
    const { cert } = issueCertificate(issued, subjects, nowMs);
    const chain = join(folder, "chain.pem");
    writeFileSync(chain, issued.cert);
    const said = ask(`verify -purpose sslserver -CAfile CA -untrusted ${chain} FILE`, cert);
    expect(said).toContain("verification failed");
  });
});
