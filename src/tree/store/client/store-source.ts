/**
 * Where a tree in an object store is: the bucket and the prefix that `s3://bucket/prefix` names,
 * and the endpoint, the region and the credentials of options or of the environment.
 *
 * The environment's names are those that Bun reads, `S3_…` before `AWS_…`, and `AWS_ENDPOINT_URL`,
 * which other clients have. Without credentials requests are not signed, as a public bucket allows.
 */

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";
import { isNameable } from "../../path.ts";

/** What a tree in an object store is opened with, besides its name; each may be left out. */
export interface StoreOptions {
  /** The store's URL, "https://s3.example.com"; that of AWS by default. */
  readonly endpoint?: string;
  /** The region that requests are signed for; "us-east-1" by default. */
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /**
   * For how many seconds an answer of the store is used without asking again; 0, the default, asks
   * for each request.
   */
  readonly fresh?: number;
  /**
   * For how many seconds after it was last confirmed an answer is used when the store fails, or
   * lets a question wait for `storeOptionalTimeMs`; 0, the default, for none.
   */
  readonly staleIfError?: number;
  /** A folder on disk that small objects are kept in; none by default. */
  readonly cacheFolder?: string;
  /** The permission bits of an object whose metadata has no mode; 0o644 by default. */
  readonly mode?: number;
}

/** A key of the store, and its secret. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that are valid for a while. */
  readonly sessionToken: string | undefined;
}

/** A bucket of a store, and what of it is served. */
export interface StoreSource {
  /** "https://s3.example.com:9000", without a slash at its end. */
  readonly origin: string;
  /** The path of the bucket, "/bucket"; "" where the host's name has the bucket in it. */
  readonly bucketPath: string;
  /** What keys begin with: "" or "site/". */
  readonly prefix: string;
  readonly region: string;
  /** Undefined for requests that aren't signed. */
  readonly credentials: Credentials | undefined;
  /** As it is shown, "s3://bucket/site". */
  readonly shown: string;
}

/** The environment's variables by name. */
type Environment = Readonly<Record<string, string | undefined>>;

const scheme = "s3://";

/** "General purpose bucket naming rules": 3 to 63 of these; older ones have capitals and "_". */
const bucketName = /^[A-Za-z0-9][\w.-]{1,253}[A-Za-z0-9]$/;

/** A bucket that may be the first label of a host's name under a certificate with a wildcard. */
const hostLabel = /^[a-z0-9-]{3,63}$/;

/**
 * The store that `name`, "s3://bucket/prefix", and `options` describe. What they leave out is taken
 * from `environment`. Fails with a line that says what is wrong.
 */
export function readStoreSource(
  name: string,
  options: StoreOptions,
  environment: Environment,
): Result<StoreSource, string> {
  const [bucket = "", ...segments] = name.slice(scheme.length).split("/");
  if (!bucketName.test(bucket)) {
    return failure(`${name} has to name a bucket: s3://bucket or s3://bucket/prefix`);
  }
  if (segments.at(-1) === "") segments.pop();
  if (!segments.every((segment) => isNameable(segment) && segment.isWellFormed())) {
    return failure(`${name}: a prefix is made of names such as a path has, with "/" between them`);
  }
  const from = (...names: readonly string[]): string | undefined =>
    names.map((one) => environment[one]).find((value) => value !== undefined && value !== "");
  const credentials = readCredentials(options, from);
  if (!credentials.ok) return credentials;
  const region = options.region ?? from("S3_REGION", "AWS_REGION") ?? "us-east-1";
  if (!/^[\w-]+$/.test(region)) return failure(`not a region of an object store: ${region}`);
  const endpoint =
    options.endpoint ??
    from("S3_ENDPOINT", "AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
  const place = placeOf(endpoint, bucket, region);
  if (!place.ok) return place;
  return success({
    ...place.value,
    prefix: segments.map((segment) => `${segment}/`).join(""),
    region,
    credentials: credentials.value,
    shown: [scheme + bucket, ...segments].join("/"),
  });
}

/** The credentials of `options`, or of the environment where they have none. */
function readCredentials(
  options: StoreOptions,
  from: (...names: readonly string[]) => string | undefined,
): Result<Credentials | undefined, string> {
  const isGiven = options.accessKeyId !== undefined || options.secretAccessKey !== undefined;
  const accessKeyId = isGiven ? options.accessKeyId : from("S3_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID");
  const secretAccessKey = isGiven
    ? options.secretAccessKey
    : from("S3_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY");
  const sessionToken =
    options.sessionToken ?? (isGiven ? undefined : from("S3_SESSION_TOKEN", "AWS_SESSION_TOKEN"));
  if (accessKeyId === undefined && secretAccessKey === undefined) return success(undefined);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const lacks = accessKeyId === undefined ? "the access key id" : "the secret access key";
    return failure(`the credentials of the object store lack ${lacks}`);
  }
  return success({ accessKeyId, secretAccessKey, sessionToken });
}

/**
 * The origin and the path of `bucket`. At AWS the host's name has the bucket in it; elsewhere, and
 * where the name would not fit the certificate, the path has it.
 */
function placeOf(
  endpoint: string | undefined,
  bucket: string,
  region: string,
): Result<Pick<StoreSource, "origin" | "bucketPath">, string> {
  if (endpoint === undefined) {
    const host = `s3.${region}.amazonaws.com`;
    return success(
      hostLabel.test(bucket)
        ? { origin: `https://${bucket}.${host}`, bucketPath: "" }
        : { origin: `https://${host}`, bucketPath: `/${bucket}` },
    );
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === "";
  if (!isPlain) {
    return failure(`the endpoint of the object store must be a URL such as https://s3.example.com`);
  }
  const path = url.pathname.replace(/\/+$/, "");
  return success({ origin: url.origin, bucketPath: `${path}/${bucket}` });
}
