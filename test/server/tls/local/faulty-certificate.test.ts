import { afterAll, describe, expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";

import type { CertificateFlaw } from "../../../../src/server/tls/local/faulty-certificate.ts";
import { faultyCertificate } from "../../../../src/server/tls/local/faulty-certificate.ts";
import { keptCertificate } from "../../../../src/server/tls/local/kept-certificate.ts";
import { memoryCertificates } from "../../../../src/server/tls/local/memory-certificates.ts";
import type { Certificate } from "../../../../src/server/tls/certificate.ts";
import { DataHome } from "../../../data-home.ts";

const home = new DataHome();
afterAll(() => home[Symbol.dispose]());

const nowMs = Date.now();
const hosts = ["app.localhost"];

function made(flaw: CertificateFlaw, tls: true | "local" = true): Certificate {
  const certificate = faultyCertificate(flaw, tls, hosts, nowMs);
  if (!certificate.ok) throw new Error(certificate.error);
  return certificate.value;
}

/** What a client that trusts `ca` finds wrong with the certificate for localhost. */
function complaints({ cert, key, ca = "" }: Certificate): readonly string[] {
  const certificate = new X509Certificate(cert);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  const { publicKey, subject } = new X509Certificate(ca);
  const checks = {
    signature: certificate.verify(publicKey),
    issuer: certificate.issuer === subject,
    begin: certificate.validFromDate.getTime() <= nowMs,
    end: nowMs <= certificate.validToDate.getTime(),
    name: certificate.checkHost("localhost") === "localhost",
    host: certificate.checkHost("app.localhost") === "app.localhost",
  };
  return Object.entries(checks).flatMap(([name, holds]) => (holds ? [] : [name]));
}

describe("a certificate with a flaw", () => {
  test.each<readonly [CertificateFlaw, readonly string[]]>([
    ["expired", ["end"]],
    ["not-yet-valid", ["begin"]],
    ["wrong-name", ["name", "host"]],
    ["unknown-ca", ["signature", "issuer"]],
    ["self-signed", ["signature", "issuer"]],
  ])("that is %s has no other: %j", (flaw, wrong) => {
    expect(complaints(made(flaw))).toEqual(wrong);
    const kept = made(flaw, "local");
    expect(complaints(kept)).toEqual(wrong);
    // Clients that name a host are shown one without addresses, as they are without a flaw.
    expect(complaints({ ...kept, ...kept.byName })).toEqual(wrong);
    expect(new X509Certificate(kept.byName?.cert ?? "").checkIP("127.0.0.1")).toBeUndefined();
  });

  test("is of the authority that signs the others", () => {
    expect(made("expired").ca).toBe(memoryCertificates.certificate(hosts, nowMs).ca ?? "");
    const kept = keptCertificate(hosts, nowMs);
    if (!kept.ok) throw new Error(kept.error);
    expect(made("unknown-ca", "local").ca).toBe(kept.value.ca);
  });

  test("that is self-signed verifies with its own key alone", () => {
    const cert = new X509Certificate(made("self-signed").cert);
    expect(cert.verify(cert.publicKey)).toBe(true);
    expect(cert.issuer).toBe(cert.subject);
  });

  test("isn't made without a home to keep the authority in", () => {
    const before = { ...process.env };
    process.env["XDG_DATA_HOME"] = "/proc/none";
    try {
      expect(faultyCertificate("expired", "local", hosts, nowMs).ok).toBe(false);
    } finally {
      process.env["XDG_DATA_HOME"] = before["XDG_DATA_HOME"];
    }
  });
});
