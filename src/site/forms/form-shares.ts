/**
 * Forms are parsed in shares, so that a long one doesn't hold up the turns of the event loop, which
 * all clients have in common.
 */

import type { TurnBudgets } from "../../schedule/turn-budgets.ts";

/** A share, in octets. A form that is no longer than this is parsed at once. */
export const formShareBytes = 64 * 1024;

/**
 * What a piece costs beside its octets, counted in octets: a body may come in chunks of one octet
 * (RFC 9112 §7.1).
 */
const pieceCostBytes = 512;

/** Calls `read` with `octets`, share after share; rejects with the error that it throws. */
export async function inShares(
  octets: Uint8Array,
  { forms }: TurnBudgets,
  read: (share: Uint8Array) => void,
): Promise<void> {
  for (let at = 0; at < octets.length; at += formShareBytes) {
    const share = octets.subarray(at, at + formShareBytes);
    await forms.do(() => {
      read(share);
      return share.length + pieceCostBytes;
    });
  }
}
