/**
 * Loads, while the server runs, what a later request or SIGUSR2 needs. The files of a package may be
 * replaced or removed meanwhile, and code that is in memory by then needs none of them. One module
 * of each part of the package is enough (`build/parts.ts`); a checkout, which has no parts, loads
 * these modules only.
 *
 * What an option needs is not loaded, because the start has done that.
 */

/**
 * Loads it, a part in a turn of the event loop, since each delays requests by some milliseconds.
 * `serves` is whether this process answers requests. A part that can't be read any more is left out:
 * the package says so (`build/parts.ts`), and so does what needs it.
 */
export async function keepCode(serves: boolean): Promise<void> {
  await import("./handover.ts");
  if (!serves) return;
  await Bun.sleep(0);
  await import("../../site/near/near-search.ts");
}
