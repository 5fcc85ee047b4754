import { afterAll, describe, expect, test } from "bun:test";

import type { TlsSetting } from "../../../src/server/serve-options.ts";
import { chooseCertificate } from "../../../src/server/tls/certificate-choice.ts";
import { ServeError } from "../../../src/site/serve-error.ts";
import { pemText, serverTls } from "../../certificates/certificates.ts";
import { DataHome } from "../../data-home.ts";

const home = new DataHome();
afterAll(() => home[Symbol.dispose]());

const context = { hosts: [], isServed: () => false, nowMs: Date.now() };

function refusalOf(tls: unknown, isServed = (_file: string): boolean => false): string {
  try {
    chooseCertificate(tls as TlsSetting, { ...context, isServed });
    return "fine";
  } catch (error) {
    if (error instanceof ServeError && error.code === "tls") return error.message;
    throw error;
  }
}

describe("the certificate of a server", () => {
  test("is one's own", () => {
    const certificate = chooseCertificate(serverTls, context);
    expect(certificate).toEqual({ cert: pemText("chain"), key: pemText("key") });
  });

  test("is one in memory, which touches no file, or one that is kept", () => {
    const memory = chooseCertificate(true, context);
    expect(new Bun.Glob("**").scanSync({ cwd: home.path }).next().done).toBe(true);
    const kept = chooseCertificate("local", context);
    expect(kept.ca).toStartWith("-----BEGIN CERTIFICATE-----");
    expect(memory.ca).not.toBe(kept.ca);
  });

  test("is refused when its kept key would be served", () => {
    for (const name of ["authority.pem", "server.pem"]) {
      const isServed = (file: string): boolean => file === home.at(name);
      const line = `the key in ${home.at(name)} would be served to everyone`;
      expect(refusalOf("local", isServed)).toBe(line);
    }
  });

  test("is named in one of these ways, and in no other", () => {
    for (const wrong of ["yes", 1, null]) {
      expect(refusalOf(wrong)).toMatch(/^(?:tls must be true, "local", or|TLS needs)/);
    }
  });
});
