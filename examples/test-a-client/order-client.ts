/**
 * A client of a shop's API, as any program may have one: it places an order, tries again when the
 * shop is overloaded, and gives up after a while. Its test is beside it.
 */

/** What is ordered. */
export interface Order {
  readonly item: string;
  readonly count: number;
}

/** How often an order is sent before it is given up. */
const triesMax = 3;

/** Places `order` with the shop at `shop`. Resolves with the number of the order. */
export async function placeOrder(shop: URL, order: Order, waitMs = 10_000): Promise<string> {
  for (let tries = 1; ; tries++) {
    const response = await fetch(new URL("orders", shop), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(waitMs),
    });
    if (response.ok) return ((await response.json()) as { id: string }).id;
    if (response.status !== 503 || tries === triesMax) {
      throw new Error(`the order was refused: ${response.status}`);
    }
  }
}

/** The terms of the shop, which are a plain file. */
export async function readTerms(shop: URL): Promise<string> {
  const response = await fetch(new URL("terms.txt", shop));
  if (response.status === 403) return "The terms are not public.";
  return response.text();
}
