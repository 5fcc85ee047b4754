/**
 * Writes objects of the store: one by one request, or in parts (multipart upload,
 * docs.aws.amazon.com/AmazonS3/latest/API). Either way a key leads to the old object or to the new
 * one, and never to a part.
 *
 * A request whose answer is lost may have been performed, and is repeated. So each object that is
 * written has a token of its own in its metadata: when the store refuses a condition, doesn't know
 * the upload any more, or gives no answer, the object under the key is looked at, and one with this
 * token is the one that was to be written.
 *
 * Stores differ in conditions. AWS honours them as RFC 9110 has them. Some answer 501 to them, some
 * compare If-Match with a tag without its quotes, or find it false though it is true: each is asked
 * in a weaker form from then on (`condition-forms.ts`). One that ignores them can't be told.
 */

import { nameText } from "../../../base/file-name.ts";
import { utf8Bytes } from "../../../http/octets/bytes.ts";
import type { PartsAnswer, UploadedPart } from "../client/parts-answer.ts";
import { readPartsAnswer } from "../client/parts-answer.ts";
import { emptyDigest } from "../client/signature.ts";
import type { StoreClient, StoreContent, StoreRequest } from "../client/store-client.ts";
import { readUpTo, StoreFailure } from "../client/store-client.ts";
import { elementIn, escapeXml } from "../client/xml-elements.ts";
import type { Condition, Operation } from "./condition-forms.ts";
import { ConditionForms } from "./condition-forms.ts";

/** What is written besides the octets. */
export interface WrittenFacts {
  /** A whole st_mode. */
  readonly mode: number;
  /** In milliseconds since 1970. */
  readonly mtimeMs: number;
  /** The media type, for other programs that read the bucket. */
  readonly mediaType: string;
  /** What this one object is known by. */
  readonly token: string;
}

/** What became of an object: the condition is false, or it is there. */
export type Written =
  { readonly kind: "taken" } | { readonly kind: "written"; readonly etag: string };

/** The part of a large object. */
interface PartPlace {
  readonly key: string;
  readonly uploadId: string;
  /** Counted from 1. */
  readonly number: number;
}

/** What is written where, and under which condition. */
interface WritingOf {
  readonly operation: Operation;
  readonly key: string;
  readonly token: string;
  readonly condition: Condition;
}

/** An object that is there. */
interface Seen {
  readonly etag: string;
  readonly token: string | null;
}

const tokenField = "x-amz-meta-postern-upload";

/** Statuses that a request with a condition may have: RFC 9110 §15.5.10, §15.5.13, §15.6.2. */
const conditional: ReadonlySet<number> = new Set([409, 501]);

/** The answers to one that completes an upload: 400 for parts that aren't those of the upload. */
const completing: ReadonlySet<number> = new Set([400, 409, 501]);

const deleting: ReadonlySet<number> = new Set([204, 409, 501]);

/** An answer with a list of 1,000 parts takes less. */
const answerBytesMax = 1024 * 1024;

/** No octets as content. */
export const noContent: StoreContent = { octets: new Uint8Array(0), digest: emptyDigest };

/** `octets` as content. */
export function contentOf(octets: Uint8Array<ArrayBuffer>): StoreContent {
  return { octets, digest: new Bun.CryptoHasher("sha256").update(octets).digest("hex") };
}

function fieldsOf({ mode, mtimeMs, mediaType, token }: WrittenFacts): Record<string, string> {
  return {
    "content-type": mediaType,
    "x-amz-meta-mode": mode.toString(8),
    "x-amz-meta-mtime": (mtimeMs / 1000).toFixed(3),
    [tokenField]: token,
  };
}

/** Writes the objects of one tree. */
export class ObjectWriter {
  readonly #client: StoreClient;
  /** How the store takes conditions, as far as is known. */
  readonly #forms = new ConditionForms();

  constructor(client: StoreClient) {
    this.#client = client;
  }

  /** Writes all of an object by one request. */
  async put(
    key: string,
    content: StoreContent,
    facts: WrittenFacts,
    condition: Condition,
  ): Promise<Written | StoreFailure> {
    const fields = { ...fieldsOf(facts), ...this.#forms.fieldsFor("put", condition) };
    const request = { method: "PUT", key, fields, content, answers: conditional } as const;
    const answered = await this.#client.ask(request, async (answer) => {
      const { content: body } = await readUpTo(answer, answerBytesMax);
      const code = elementIn(nameText(body), "Code");
      return { status: answer.status, code, etag: answer.headers.get("etag") ?? "" };
    });
    if (answered instanceof StoreFailure) return this.#unsure(key, facts.token, answered);
    const { status, code, etag } = answered;
    if (status === 200) return { kind: "written", etag };
    const what = { operation: "put", key, token: facts.token, condition } as const;
    const judged = await this.#judge(what, status, code);
    return judged === "again" ? this.put(key, content, facts, condition) : judged;
  }

  /** Begins an object in parts; its upload ID. */
  async begin(key: string, facts: WrittenFacts): Promise<string | StoreFailure> {
    const query = [["uploads", ""]] as const;
    const request = { method: "POST", key, query, fields: fieldsOf(facts), content: noContent };
    return await this.#client.ask(request as StoreRequest, async (answer) => {
      const { content } = await readUpTo(answer, answerBytesMax);
      const id = elementIn(nameText(content), "UploadId");
      if (answer.status === 404) return refused(404, "NoSuchBucket");
      if (answer.status !== 200 || id === undefined || id === "") {
        throw new Error("no upload was begun");
      }
      return id;
    });
  }

  /** Writes a part, in place of one with the same number; its entity tag. */
  async putPart(
    { key, uploadId, number }: PartPlace,
    content: StoreContent,
  ): Promise<string | StoreFailure> {
    const query = [
      ["partNumber", `${number}`],
      ["uploadId", uploadId],
    ] as const;
    return await this.#client.ask({ method: "PUT", key, query, content }, async (answer) => {
      await answer.body?.cancel();
      if (answer.status === 404) return refused(404, "NoSuchUpload");
      const etag = answer.headers.get("etag");
      if (answer.status !== 200 || etag === null) throw new Error("no part was written");
      return etag;
    });
  }

  /** Makes the object of its parts, which are all that the upload has. */
  async complete(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    token: string,
    condition: Condition,
  ): Promise<Written | StoreFailure> {
    const listed = parts.map(
      ({ number, etag }) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
    const root = 'CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
    const xml = `<${root}>${listed.join("")}</CompleteMultipartUpload>`;
    const conditions = this.#forms.fieldsFor("complete", condition);
    const fields = { "content-type": "application/xml", ...conditions };
    const query = [["uploadId", uploadId]] as const;
    const content = contentOf(utf8Bytes(xml));
    const request = { method: "POST", key, query, fields, content, answers: completing } as const;
    const answered = await this.#client.ask(request, async (answer) => {
      const read = await readUpTo(answer, answerBytesMax);
      const text = nameText(read.content);
      const code = elementIn(text, "Code");
      const { status } = answer;
      // The store answers 200 when it begins, and says at the end what became of it.
      if (status !== 200) return { status, code: code ?? "", etag: "" };
      if (/<Error[ >]/.test(text)) {
        if (code === "PreconditionFailed") return { status: 412, code, etag: "" };
        if (code === "NoSuchUpload") return { status: 404, code, etag: "" };
        if (code === "InvalidPart") return { status: 400, code, etag: "" };
        throw new Error(`the store has failed: ${code}`);
      }
      if (!/<CompleteMultipartUploadResult[ >]/.test(text)) throw new Error("it breaks off");
      return { status, code: undefined, etag: elementIn(text, "ETag") ?? "" };
    });
    if (answered instanceof StoreFailure) return this.#unsure(key, token, answered);
    const { status, code, etag } = answered;
    if (status === 200) return { kind: "written", etag };
    const what = { operation: "complete", key, token, condition } as const;
    const judged = await this.#judge(what, status, code);
    return judged === "again" ? this.complete(key, uploadId, parts, token, condition) : judged;
  }

  /** Ends an upload, of which nothing stays. */
  async abort(key: string, uploadId: string): Promise<StoreFailure | undefined> {
    const query = [["uploadId", uploadId]] as const;
    const request = { method: "DELETE", key, query, answers: deleting } as const;
    return await this.#client.ask(request, async (answer) => {
      await answer.body?.cancel();
      const isGone = answer.status < 300 || answer.status === 404;
      return isGone ? undefined : refused(answer.status, undefined);
    });
  }

  /** The parts of an upload in their order; undefined when there is no such upload. */
  async parts(
    key: string,
    uploadId: string,
  ): Promise<readonly UploadedPart[] | StoreFailure | undefined> {
    const parts: UploadedPart[] = [];
    for (let after: number | undefined = 0; after !== undefined;) {
      const read = await this.#partsAfter(key, uploadId, after);
      if (read === undefined || read instanceof StoreFailure) return read;
      parts.push(...read.parts);
      after = read.next;
    }
    return parts;
  }

  async #partsAfter(
    key: string,
    uploadId: string,
    after: number,
  ): Promise<PartsAnswer | StoreFailure | undefined> {
    const query: [string, string][] = [
      ["max-parts", "1000"],
      ["uploadId", uploadId],
    ];
    if (after > 0) query.push(["part-number-marker", `${after}`]);
    return await this.#client.ask({ method: "GET", key, query }, async (answer) => {
      const { content, isWhole } = await readUpTo(answer, answerBytesMax);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200 || !isWhole) throw new Error(`${answer.status} to parts`);
      const read = readPartsAnswer(nameText(content));
      return read.ok ? read.value : new StoreFailure(502, read.error);
    });
  }

  /**
   * Removes the object under `key`, with `etag` only one that has it; "taken" when another one has
   * the key.
   */
  async remove(key: string, etag?: string): Promise<"removed" | "taken" | StoreFailure> {
    const condition: Condition = etag === undefined ? { kind: "any" } : { kind: "object", etag };
    const fields = this.#forms.fieldsFor("remove", condition);
    const request = { method: "DELETE", key, fields, answers: deleting } as const;
    const answered = await this.#client.ask(request, async (answer) => {
      await answer.body?.cancel();
      return answer.status;
    });
    if (answered instanceof StoreFailure) return answered;
    if (answered === 501 && this.#forms.weaken("remove", condition, answered)) {
      return this.remove(key, etag);
    }
    if (answered === 409 || answered === 412) return "taken";
    return answered < 300 || answered === 404 ? "removed" : refused(answered, undefined);
  }

  /** What an answer other than 200 means; "again" when the request is to be put otherwise. */
  async #judge(
    { operation, key, token, condition }: WritingOf,
    status: number,
    code: string | undefined,
  ): Promise<Written | StoreFailure | "again"> {
    if (status === 501) {
      return this.#forms.weaken(operation, condition, status) ? "again" : refused(status, code);
    }
    const found = await this.#look(key);
    // An attempt before this one, whose answer was lost, may have written what is there.
    const own = ownIn(found, token);
    if (own !== undefined) return own;
    if (status !== 409 && status !== 412) return refused(status, code);
    if (found instanceof StoreFailure) return found;
    const isTrue = condition.kind === "object" && found?.etag === condition.etag;
    const isAgain = isTrue && status === 412 && this.#forms.weaken(operation, condition, status);
    return isAgain ? "again" : { kind: "taken" };
  }

  /** What became of an object of which the store hasn't said it. */
  async #unsure(
    key: string,
    token: string,
    failure: StoreFailure,
  ): Promise<Written | StoreFailure> {
    return ownIn(await this.#look(key), token) ?? failure;
  }

  /** The tag and the token of the object under `key`; undefined when there is none. */
  async #look(key: string): Promise<Seen | StoreFailure | undefined> {
    return await this.#client.ask({ method: "HEAD", key }, ({ status, headers }) => {
      const seen = { etag: headers.get("etag") ?? "", token: headers.get(tokenField) };
      return Promise.resolve(status === 200 ? seen : undefined);
    });
  }
}

/** `found`, if it is the object with `token`, as written. */
function ownIn(found: Seen | StoreFailure | undefined, token: string): Written | undefined {
  const isOwn = found !== undefined && "token" in found && found.token === token;
  return isOwn ? { kind: "written", etag: found.etag } : undefined;
}

/** An answer that refuses what has to be possible. */
function refused(status: number, code: string | undefined): StoreFailure {
  const shown = code === undefined || code === "" ? `${status}` : `${status} ${code}`;
  return new StoreFailure(502, `the object store answered ${shown}`);
}
