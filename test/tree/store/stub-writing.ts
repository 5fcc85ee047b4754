/**
 * What the store in memory does with requests that write: PUT, DELETE and multipart uploads as S3
 * has them, with conditions. What it has taken can be looked at.
 */

/** An object of the store. */
export interface StubObject {
  content: Uint8Array;
  etag: string;
  modifiedMs: number;
  fields: Readonly<Record<string, string>>;
}

/** An upload in parts. */
interface StubUpload {
  readonly key: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly parts: Map<number, { readonly content: Uint8Array; readonly etag: string }>;
  modifiedMs: number;
}

/** A request that writes. */
export interface WritingRequest {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly content: Uint8Array;
}

/** What is answered. */
export interface StubAnswer {
  readonly status: number;
  readonly body?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

export function tagOf(octets: Uint8Array): string {
  return `"${new Bun.CryptoHasher("md5").update(octets).digest("hex")}"`;
}

function error(status: number, code: string): StubAnswer {
  return { status, body: `<Error><Code>${code}</Code></Error>` };
}

/** The fields that an object keeps. */
function keptFields(headers: WritingRequest["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith("x-amz-meta-") || name === "content-type")
      .map(([name, value]) => [name, String(value)]),
  );
}

/** The objects of a store, and the uploads to it. */
export class StubObjects {
  readonly objects = new Map<string, StubObject>();
  readonly uploads = new Map<string, StubUpload>();
  /** The least size of a part that isn't the last one. */
  partBytesMin = 5 * 1024 * 1024;
  #ids = 0;

  /** Performs `request` at `nowMs`. */
  perform(request: WritingRequest, nowMs: number): StubAnswer {
    const { method, key, query, headers, content } = request;
    const digest = headers["x-amz-content-sha256"];
    if (digest !== new Bun.CryptoHasher("sha256").update(content).digest("hex")) {
      return error(400, "XAmzContentSHA256Mismatch");
    }
    const id = query.get("uploadId");
    if (method === "POST" && query.has("uploads")) {
      const uploadId = `upload-${++this.#ids}`;
      const fields = keptFields(headers);
      this.uploads.set(uploadId, { key, fields, parts: new Map(), modifiedMs: nowMs });
      const body = `<InitiateMultipartUploadResult><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`;
      return { status: 200, body };
    }
    if (id !== null) return this.#performOn(id, request, nowMs);
    const refused = this.#refuse(key, headers);
    if (refused !== undefined) return refused;
    if (method === "DELETE") {
      this.objects.delete(key);
      return { status: 204 };
    }
    const etag = tagOf(content);
    this.objects.set(key, { content, etag, modifiedMs: nowMs, fields: keptFields(headers) });
    return { status: 200, fields: { ETag: etag } };
  }

  #performOn(id: string, request: WritingRequest, nowMs: number): StubAnswer {
    const { method, key, query, headers, content } = request;
    const upload = this.uploads.get(id);
    if (upload?.key !== key) return error(404, "NoSuchUpload");
    if (method === "PUT") {
      const etag = tagOf(content);
      upload.parts.set(Number(query.get("partNumber")), { content, etag });
      upload.modifiedMs = nowMs;
      return { status: 200, fields: { ETag: etag } };
    }
    if (method === "DELETE") {
      this.uploads.delete(id);
      return { status: 204 };
    }
    const listed = new TextDecoder()
      .decode(content)
      .matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g);
    const parts = [...listed].map(([, number, etag]) => ({ number: Number(number), etag }));
    const found = parts.map(({ number }) => upload.parts.get(number));
    if (parts.some(({ etag }, i) => found[i]?.etag !== etag)) return error(400, "InvalidPart");
    const whole = found.map((part) => part?.content ?? new Uint8Array(0));
    if (whole.slice(0, -1).some(({ length }) => length < this.partBytesMin)) {
      return error(400, "EntityTooSmall");
    }
    const refused = this.#refuse(key, headers);
    if (refused !== undefined) return refused;
    this.uploads.delete(id);
    const object = Buffer.concat(whole);
    const etag = `${tagOf(object).slice(0, -1)}-${whole.length}"`;
    this.objects.set(key, { content: object, etag, modifiedMs: nowMs, fields: upload.fields });
    const body = `<CompleteMultipartUploadResult><ETag>${etag}</ETag></CompleteMultipartUploadResult>`;
    return { status: 200, body };
  }

  /** The answer to a request whose condition is false. */
  #refuse(key: string, headers: WritingRequest["headers"]): StubAnswer | undefined {
    const object = this.objects.get(key);
    const match = headers["if-match"];
    const isTaken = headers["if-none-match"] === "*" && object !== undefined;
    const isAnother = match !== undefined && object?.etag !== match;
    return isTaken || isAnother ? error(412, "PreconditionFailed") : undefined;
  }

  /** ListParts of the upload `id`, as the store answers it. */
  list(id: string, after: number, most: number): StubAnswer {
    const upload = this.uploads.get(id);
    if (upload === undefined) return error(404, "NoSuchUpload");
    const modified = new Date(upload.modifiedMs).toISOString();
    const parts = [...upload.parts]
      .toSorted(([a], [b]) => a - b)
      .filter(([number]) => number > after);
    const shown = parts.slice(0, most);
    const rows = shown.map(
      ([number, { content, etag }]) =>
        `<Part><PartNumber>${number}</PartNumber><LastModified>${modified}</LastModified><ETag>${etag}</ETag><Size>${content.length}</Size></Part>`,
    );
    const cut = shown.length < parts.length;
    const next = cut ? `<NextPartNumberMarker>${shown.at(-1)?.[0]}</NextPartNumberMarker>` : "";
    return {
      status: 200,
      body: `<ListPartsResult xmlns="x"><IsTruncated>${cut}</IsTruncated>${next}${rows.join("")}</ListPartsResult>`,
    };
  }
}
