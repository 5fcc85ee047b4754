import { afterAll, describe, expect, test } from "bun:test";

import type { TlsOptions } from "../../../src/server/serve-options.ts";
import { ServeError } from "../../../src/site/serve-error.ts";
import { readCertificate } from "../../../src/server/tls/certificate.ts";
import { pemPath, pemText, serverTls } from "../../certificates/certificates.ts";
import { TempSite } from "../../temp-site.ts";

const site = new TempSite();
site.file("hello.txt", "hello, world\n");
afterAll(() => site[Symbol.dispose]());

/** What is wrong with the certificate that `tls` names, if its key is `served` to strangers. */
function refusalOf(tls: Partial<TlsOptions>, served = false): string {
  try {
    readCertificate(tls as TlsOptions, () => served);
    return "nothing";
  } catch (error) {
    if (error instanceof ServeError && error.code === "tls") return error.message;
    throw error;
  }
}

describe("a certificate", () => {
  test("and its key are read from files, or are PEM text", () => {
    const texts = { cert: pemText("other"), key: pemText("other-key") };
    expect(readCertificate(texts, () => false)).toEqual(texts);
    const paths = { cert: pemPath("other"), key: pemPath("other-key") };
    expect(readCertificate(paths, () => false)).toEqual(texts);
  });

  test("may have a key that strangers are served, only when it is text", () => {
    const remedy = "move it elsewhere, or chmod o-r it";
    const line = `the key ${serverTls.key} would be served to everyone: ${remedy}`;
    expect(refusalOf(serverTls, true)).toBe(line);
    expect(refusalOf({ cert: pemText("other"), key: pemText("other-key") }, true)).toBe("nothing");
  });
});

describe("a certificate that can't be used", () => {
  test("is refused in one line that says what is wrong", () => {
    const { cert, key } = serverTls;
    const none = site.at("none.pem");
    const text = site.at("hello.txt");
    site.file("broken.pem", pemText("chain").replace("\nMII", "\nAAA"));
    const broken = site.at("broken.pem");
    for (const [tls, line] of [
      [{ cert }, "TLS needs a certificate and its key, and there is no key"],
      [{ key }, "TLS needs a certificate and its key, and there is no certificate"],
      [{ cert: none, key }, `the certificate ${none}: no such file`],
      [{ cert, key: none }, `the key ${none}: no such file`],
      [{ cert: site.root, key }, `the certificate ${site.root}: a folder, not a file`],
      [{ cert: text, key }, `the certificate ${text}: no PEM certificate in it`],
      [{ cert, key: text }, `the key ${text}: no PEM private key in it`],
      [{ cert: key, key }, `the certificate ${key}: no PEM certificate in it`],
      [{ cert, key: cert }, `the key ${cert}: no PEM private key in it`],
      [{ cert: broken, key }, `the certificate ${broken}: a malformed certificate in it`],
      [
        { cert, key: pemPath("other-key") },
        `the key ${pemPath("other-key")} is not the key of the certificate ${cert}`,
      ],
      [
        { cert: pemText("chain"), key: pemText("other-key") },
        "the key is not the key of the certificate",
      ],
      [
        { cert: pemPath("disordered"), key },
        `the certificate ${pemPath("disordered")}: the server's own certificate must come first`,
      ],
      [
        { cert, key: pemPath("encrypted-key") },
        `the key ${pemPath("encrypted-key")}: encrypted; ` +
          "openssl pkey -in FILE -out FILE makes one that isn't",
      ],
    ] as const) {
      expect(refusalOf(tls)).toBe(line);
    }
  });
});
