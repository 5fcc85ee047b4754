/**
 * A histogram: how many observations were at most each of some bounds, and their sum. Observing
 * takes a few comparisons and allocates nothing.
 */

import type { MetricLabels, MetricSample } from "./metric-family.ts";

/** Counts observations by size. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** By the first bound that an observation doesn't exceed; the last counts those above all. */
  readonly #counts: number[];
  #sum = 0;

  /** `bounds` rise; each is included in its bucket. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    (this.#counts[at] as number)++;
    this.#sum += value;
  }

  /** Its samples under `labels`: each bucket includes those before it. */
  samples(labels: MetricLabels = {}): readonly MetricSample[] {
    let count = 0;
    const buckets = this.#counts.map((own, at): MetricSample => {
      count += own;
      const le = at < this.#bounds.length ? String(this.#bounds[at]) : "+Inf";
      return { suffix: "_bucket", labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { suffix: "_sum", labels, value: this.#sum },
      { suffix: "_count", labels, value: count },
    ];
  }
}
