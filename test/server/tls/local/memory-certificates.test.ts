import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";

import { memoryCertificates } from "../../../../src/server/tls/local/memory-certificates.ts";

const dayMs = 86_400_000;
const nowMs = Date.now();

describe("a certificate in memory", () => {
  test("is the same for all who ask for the same, and signed by its authority", () => {
    const first = memoryCertificates.certificate([], nowMs);
    expect(memoryCertificates.certificate([], nowMs)).toBe(first);
    const { publicKey, subject } = new X509Certificate(first.ca ?? "");
    expect(subject).toEndWith(" in memory");
    expect(new X509Certificate(first.cert).verify(publicKey)).toBe(true);
  });

  test("has other names when they are asked for, of the same authority", () => {
    const first = memoryCertificates.certificate([], nowMs);
    const other = memoryCertificates.certificate(["app.localhost"], nowMs);
    expect(other.ca).toBe(first.ca);
    expect(new X509Certificate(other.cert).checkHost("app.localhost")).toBe("app.localhost");
  });

  test("is made anew before it ends", () => {
    const first = memoryCertificates.certificate([], nowMs);
    const later = memoryCertificates.certificate([], nowMs + 65 * dayMs);
    expect(later.cert).not.toBe(first.cert);
    expect(later.ca).toBe(first.ca);
  });
});
