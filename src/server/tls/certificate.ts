/**
 * A certificate and its key, read and checked before the server listens. A mistake in them is then
 * one line at the start, and not a failed handshake for each client.
 *
 * Whether the certificate is still valid, or was issued for this host, is left to the clients,
 * which know the name that they have asked for.
 */

import type { KeyObject } from "node:crypto";
import { createPrivateKey, X509Certificate } from "node:crypto";

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { readNamedFile } from "../../system/named-file.ts";
import type { TlsOptions } from "../serve-options.ts";
import { isPemText } from "../serve-options.ts";
import { ServeError } from "../../site/serve-error.ts";

/** A certificate, with the chain that certifies it, and its key, as PEM text. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** The certificate of a server. */
export interface Certificate extends KeyPair {
  /** The authority that signed it, as PEM text, if postern made that. */
  readonly ca?: string;
  /** Another certificate for clients that name a host, and weren't given an address. */
  readonly byName?: KeyPair;
}

/** A text, and its name in an error message. */
interface Named {
  readonly name: string;
  readonly text: string;
}

/** The PEM text that `value` is or names the file of; `what` is its name in an error message. */
function readText(value: string, what: string): Result<Named, string> {
  if (isPemText(value)) return success({ name: `the ${what}`, text: value });
  const name = `the ${what} ${value}`;
  const read = readNamedFile(value);
  if (!read.ok) return failure(`${name}: ${read.error}`);
  return success({ name, text: read.value.toString("latin1") });
}

/** The certificates in a text (RFC 7468 §5): the server's own, and the chain that certifies it. */
function certificatesIn({ name, text }: Named): Result<readonly X509Certificate[], string> {
  const pattern = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;
  const blocks = text.match(pattern) ?? [];
  if (blocks.length === 0) return failure(`${name}: no PEM certificate in it`);
  try {
    return success(blocks.map((block) => new X509Certificate(block)));
  } catch {
    return failure(`${name}: a malformed certificate in it`);
  }
}

function keyIn({ name, text }: Named): Result<KeyObject, string> {
  if (!/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text)) {
    return failure(`${name}: no PEM private key in it`);
  }
  try {
    return success(createPrivateKey(text));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    return failure(
      code === "ERR_MISSING_PASSPHRASE"
        ? `${name}: encrypted; openssl pkey -in FILE -out FILE makes one that isn't`
        : `${name}: a malformed private key in it`,
    );
  }
}

function pairOf({ cert, key }: Partial<TlsOptions>): Result<Certificate, string> {
  if (cert === undefined || key === undefined) {
    const missing = cert === undefined ? "certificate" : "key";
    return failure(`TLS needs a certificate and its key, and there is no ${missing}`);
  }
  const certText = readText(cert, "certificate");
  if (!certText.ok) return certText;
  const keyText = readText(key, "key");
  if (!keyText.ok) return keyText;
  const certificates = certificatesIn(certText.value);
  if (!certificates.ok) return certificates;
  const privateKey = keyIn(keyText.value);
  if (!privateKey.ok) return privateKey;
  const place = certificates.value.findIndex((one) => one.checkPrivateKey(privateKey.value));
  if (place === 0) return success({ cert: certText.value.text, key: keyText.value.text });
  return failure(
    place === -1
      ? `${keyText.value.name} is not the key of ${certText.value.name}`
      : `${certText.value.name}: the server's own certificate must come first`,
  );
}

/**
 * Reads the certificate and its key. Throws a `ServeError` with a line that says what is missing or
 * wrong: a file that can't be read, no PEM, an encrypted key, a key of another certificate, a key
 * that `isServed` to strangers.
 */
export function readCertificate(tls: TlsOptions, isServed: (file: string) => boolean): Certificate {
  const pair = pairOf(tls);
  if (!pair.ok) throw new ServeError("tls", pair.error);
  if (!isPemText(tls.key) && isServed(tls.key)) {
    const remedy = "move it elsewhere, or chmod o-r it";
    throw new ServeError("tls", `the key ${tls.key} would be served to everyone: ${remedy}`);
  }
  return pair.value;
}
