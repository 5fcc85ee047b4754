/**
 * How much lies in a folder of a store and all below it, hidden or not, whoever may read it: the
 * objects, and the parts of uploads that aren't complete. Lists don't have those parts. They are
 * found by the records of the uploads, each of which costs a GET and a list of its parts. What
 * other programs have begun isn't counted.
 */

import { recordedName } from "../../writing/temporary-name.ts";
import { countedBytes } from "../../writing/upload-quota.ts";
import { StoreFailure } from "../client/store-client.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { ObjectWriter } from "./object-writer.ts";
import type { PartsRecords } from "./parts-records.ts";

/** How a folder is counted. */
interface UsageOptions {
  readonly reader: ObjectReader;
  readonly writer: Pick<ObjectWriter, "parts">;
  readonly records: Pick<PartsRecords, "read">;
  readonly entriesMax: number;
  /** Whether the upload whose record is called `name` is counted elsewhere. */
  readonly isLeftOut: (name: string) => boolean;
}

/** Keys in one list; stores give no more. */
const keysAtOnce = 1000;

/** Uploads whose parts are asked for at one time. */
const uploadsAtOnce = 16;

/**
 * What all keys that begin with `prefix`, and the uploads below it, count. Undefined when there are
 * more than `entriesMax` keys, or the store fails.
 */
export async function storeUsage(
  prefix: string,
  options: UsageOptions,
): Promise<number | undefined> {
  const { reader, entriesMax, isLeftOut } = options;
  let bytes = 0;
  let entries = 0;
  const unfinished: string[] = [];
  let after: string | undefined;
  do {
    const listed = await reader.list({ prefix, mostKeys: keysAtOnce, after });
    if (listed instanceof StoreFailure) return undefined;
    entries += listed.objects.length;
    if (entries > entriesMax) return undefined;
    for (const { key, size } of listed.objects) {
      bytes += countedBytes(size);
      const name = recordedName(key.slice(prefix.length));
      if (name !== undefined && !isLeftOut(name)) unfinished.push(name);
    }
    after = listed.next;
  } while (after !== undefined);
  for (let at = 0; at < unfinished.length; at += uploadsAtOnce) {
    const some = unfinished.slice(at, at + uploadsAtOnce);
    for (const octets of await Promise.all(some.map((name) => partsOf(name, options)))) {
      if (octets === undefined) return undefined;
      if (octets > 0) bytes += countedBytes(octets);
    }
  }
  return bytes;
}

/** How many octets the parts have whose record is called `name`; undefined when the store fails. */
async function partsOf(
  name: string,
  { records, writer }: UsageOptions,
): Promise<number | undefined> {
  const read = await records.read(name);
  if (read instanceof StoreFailure) return undefined;
  // It may be over by now.
  if (read === undefined || read.record.uploadId === "") return 0;
  const parts = await writer.parts(read.record.key, read.record.uploadId);
  if (parts instanceof StoreFailure) return undefined;
  return (parts ?? []).reduce((octets, { size }) => octets + size, 0);
}
