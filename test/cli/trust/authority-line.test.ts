import { expect, test } from "bun:test";

import { authorityLine, fingerprintOf } from "../../../src/cli/trust/authority-line.ts";
import { pemText } from "../../certificates/certificates.ts";

test("the line of an authority has its SHA-256 fingerprint, and how it is trusted", () => {
  const line = authorityLine(pemText("root"));
  const digits = /SHA-256 ((?:[\dA-F]{2}:){31}[\dA-F]{2});/.exec(line)?.[1] ?? "";
  const der = Buffer.from(pemText("root").replace(/-----[^-]+-----|\s/g, ""), "base64");
  expect(digits.replaceAll(":", "").toLowerCase()).toBe(Bun.SHA256.hash(der, "hex"));
  expect(line).toEndWith("; postern trust has browsers trust it");
  expect(fingerprintOf(pemText("root"))).toBe(`SHA-256 ${digits}`);
});
