/** A tree over a store in memory with parts that are small enough for many tests. */

import { StoredTree } from "../stored-tree.ts";

/** The size of a part: the least that lengths are rounded to. */
export const partBytes = 1024 * 1024;

/** Opens one, with `limits` besides. */
export async function openSmall(limits: Record<string, number> = {}): Promise<StoredTree> {
  const small = { storePartBytes: partBytes, uploadBytesMax: 1024 ** 3 };
  const stored = await StoredTree.open({ limits: { ...small, ...limits } });
  stored.stub.stored.partBytesMin = partBytes;
  return stored;
}
