/**
 * A file that is the content of a request, or of several: receiving it, and giving it its name as
 * the request that began it has asked.
 */

import { failure, success } from "../../../base/result.ts";
import type { Fields } from "../../../http/fields/fields.ts";
import { fieldsOf } from "../../../http/fields/fields.ts";
import type { Response } from "../../../http/message/response.ts";
import { displayName } from "../../../tree/path.ts";
import type { UploadIntent } from "../../../tree/writing/upload-record.ts";
import type { Destining, Upload, UploadFolder } from "../../../tree/writing/upload-tree.ts";
import { addressKey } from "../../auth/failed-logins.ts";
import type { Request } from "../../request.ts";
import { inconsistentLength } from "../resumable/upload-problems.ts";
import { byteCount, storedResponse } from "../upload-page.ts";
import { storageFailure } from "../upload-refusals.ts";
import type { UploadSite } from "../upload-site.ts";
import { freeNames, storeNumbered, wayTo } from "./numbered-file.ts";
import { PutTarget } from "./put-target.ts";

/** Where the file goes. */
interface Destination {
  readonly site: UploadSite;
  readonly folder: UploadFolder;
  readonly intent: UploadIntent;
}

/** The fields whose conditions a PUT has (RFC 9110 §13.1). */
const conditionNames = ["If-Match", "If-None-Match", "If-Unmodified-Since"] as const;

/** What `request` asks for: a file called `name`. */
export function intentOf(
  request: Request,
  method: UploadIntent["method"],
  name: string,
): UploadIntent {
  const conditions = method === "PUT" ? conditionLines(request.head.fields) : [];
  const { user } = request;
  return { method, name, conditions, user, address: addressKey(request.remoteAddress) };
}

/** The lines of `fields` that are conditions of a PUT. */
function conditionLines(fields: Fields): readonly (readonly [string, string])[] {
  return conditionNames.flatMap((name) =>
    fields.getAll(name.toLowerCase()).map((value) => [name, value] as const),
  );
}

/** What a PUT to `intent` is about. */
export function putTarget(
  { site, folder, intent }: Destination,
  { receivedMs }: Request,
): PutTarget {
  return new PutTarget(site, folder, intent.name, fieldsOf(intent.conditions), receivedMs);
}

/** What says which name, and which mode, the file is going to have. */
export function destiningOf({ site, folder, intent }: Destination): Destining {
  const { mode } = site.parts;
  return async () => {
    if (intent.method === "PUT") {
      const found = await folder.look(intent.name);
      if (found.kind === "failed") return failure(found.fault);
      const bits = found.kind === "file" ? found.permissionBits : mode;
      return success({ name: intent.name, mode: bits, isNumbered: false });
    }
    for await (const name of freeNames(site, folder, intent.name)) {
      return success({ name, mode, isNumbered: true });
    }
    return failure("EEXIST");
  };
}

/** Gives `upload`, all of which has come, its name; the answer to `request`, which sent the end. */
export async function storeSent(
  destination: Destination,
  upload: Upload,
  request: Request,
): Promise<Response> {
  const { site, folder, intent } = destination;
  if (intent.method === "PUT") return putTarget(destination, request).store(upload, request);
  const { pages, mode } = site.parts;
  const unfinished = await upload.finish(mode);
  if (unfinished !== undefined) return storageFailure(unfinished, pages);
  const name = await storeNumbered(site, folder, upload, intent.name);
  if (typeof name !== "string") return name;
  const { octets } = upload;
  const files = [{ name, sentAs: intent.name, octets, isReadable: site.isReadable(mode) }];
  const reason = `stored ${displayName(name)}, ${byteCount(octets)}`;
  return storedResponse(request, files, wayTo(folder.path), { reason });
}

/**
 * Stores the content of `request`, which is all of the file; `length` is how many octets that has,
 * if the request says so. One that breaks off leaves nothing.
 */
export async function storeWhole(
  destination: Destination,
  request: Request,
  length?: number,
): Promise<Response> {
  const { pages, limits } = destination.site.parts;
  const admission = destination.site.admit(request);
  if ("status" in admission) return admission;
  let upload: Upload | undefined;
  try {
    const begun = await destination.folder.begin(destiningOf(destination));
    if (!begun.ok) return storageFailure(begun.error, pages);
    upload = begun.value;
    const { name } = destination.intent;
    const sent = upload;
    const whole = length ?? request.head.contentLength;
    admission.receives({ name, octets: () => sent.octets, length: whole });
    const announced = whole ?? 0;
    const lack = announced <= limits.uploadBytesMax ? await upload.lacks(announced) : undefined;
    if (lack !== undefined) return storageFailure(lack, pages);
    for await (const piece of admission.chunks(request.body, limits.uploadBytesMax)) {
      const code = await upload.write(piece);
      if (code !== undefined) return storageFailure(code, pages);
    }
    const { octets } = upload;
    if (length !== undefined && octets !== length) {
      return inconsistentLength(`${octets} bytes have come, not ${length}`);
    }
    return await storeSent(destination, upload, request);
  } finally {
    await upload?.discard();
    admission.end();
  }
}
