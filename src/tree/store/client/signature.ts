/**
 * The signature of requests to an object store: AWS Signature Version 4, as Authorization ("Create
 * a signed AWS API request", docs.aws.amazon.com/IAM). The digest of content is signed with it,
 * over TLS, too: the store compares it, so that what is damaged on the way, or cut, isn't stored.
 *
 * The runtime's own S3 client has no conditional requests, and its presigned URLs name objects
 * only, and not what a listing asks for.
 */

import type { Credentials } from "./store-source.ts";

/** The SHA-256 of no octets. */
export const emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const algorithm = "AWS4-HMAC-SHA256";

/** A request that is to be signed. */
interface SignedRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** With the port, if it isn't the scheme's own. */
  readonly host: string;
  /** Encoded by `encodeKey`. */
  readonly path: string;
  /** Names and values, not encoded. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** The fields that a signature has to have: those of "x-amz-", and the type of content. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The SHA-256 of the content in hexadecimal; by default that of no octets. */
  readonly digest?: string | undefined;
}

function hmac(key: string | Uint8Array, text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Bun.CryptoHasher("sha256", key).update(text).digest());
}

function encode(text: string): string {
  // encodeURIComponent leaves these four, which RFC 3986 §2.2 reserves, as they are.
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** `key` as a path: all but unreserved characters (RFC 3986 §2.3) and "/" is escaped. */
export function encodeKey(key: string): string {
  return encode(key).replaceAll("%2F", "/");
}

/** `query` as a URL has it, in the order of names that the signature has. */
export function encodeQuery(query: SignedRequest["query"]): string {
  const pairs = query.map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.toSorted().join("&");
}

/** Signs requests with one key for one region. */
export class Signer {
  readonly #credentials: Credentials;
  readonly #region: string;
  /** The key of one day, which all signatures of that day are made with. */
  #day = "";
  #dayKey: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(credentials: Credentials, region: string) {
    this.#credentials = credentials;
    this.#region = region;
  }

  /** The fields that sign `request` at `nowMs`, in milliseconds since 1970. */
  sign(request: SignedRequest, nowMs: number): Readonly<Record<string, string>> {
    const time = `${new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
    const day = time.slice(0, 8);
    const { accessKeyId, sessionToken } = this.#credentials;
    const { digest: payload = emptyDigest, fields: own = {} } = request;
    const signed: Record<string, string> = {
      host: request.host,
      "x-amz-content-sha256": payload,
      "x-amz-date": time,
      ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
      ...own,
    };
    const sorted = Object.entries(signed).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const names = sorted.map(([name]) => name).join(";");
    const lines = sorted.map(([name, value]) => `${name}:${value}\n`);
    const query = encodeQuery(request.query);
    const canonical = [request.method, request.path, query, lines.join(""), names, payload];
    const scope = `${day}/${this.#region}/s3/aws4_request`;
    const digest = new Bun.CryptoHasher("sha256").update(canonical.join("\n")).digest("hex");
    const signature = hmac(this.#keyOf(day), [algorithm, time, scope, digest].join("\n")).toHex();
    const { host: _, ...fields } = signed;
    const parts = [
      `Credential=${accessKeyId}/${scope}`,
      `SignedHeaders=${names}`,
      `Signature=${signature}`,
    ];
    return {
      ...fields,
      authorization: `${algorithm} ${parts.join(", ")}`,
    };
  }

  #keyOf(day: string): Uint8Array<ArrayBuffer> {
    if (day !== this.#day) {
      const secret = `AWS4${this.#credentials.secretAccessKey}`;
      this.#dayKey = hmac(hmac(hmac(hmac(secret, day), this.#region), "s3"), "aws4_request");
      this.#day = day;
    }
    return this.#dayKey;
  }
}
