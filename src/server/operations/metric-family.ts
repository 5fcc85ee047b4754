/**
 * Metrics as plain values, which can be sent from one process to another, summed, and written as
 * text: families of samples, as the Prometheus data model has them.
 */

/** The labels of a sample: names and values. */
export type MetricLabels = Readonly<Record<string, string>>;

/** One number of a family. */
export interface MetricSample {
  /** What follows the family's name; "" but for the parts of a histogram. */
  readonly suffix: "" | "_bucket" | "_sum" | "_count";
  readonly labels: MetricLabels;
  readonly value: number;
}

/**
 * The samples of one name. A counter only grows while the server runs; a gauge is what there is
 * now; a histogram counts observations up to each bound, `le`.
 */
export interface MetricFamily {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** What it counts, in one line. */
  readonly help: string;
  readonly samples: readonly MetricSample[];
  /**
   * "most" for a gauge of something that several processes share and each of them sees whole, such
   * as a folder. What is absent is summed over processes.
   */
  readonly across?: "most";
}

/** A family of one number without labels. */
export function single(
  type: "counter" | "gauge",
  name: string,
  help: string,
  value: number,
): MetricFamily {
  return { name, type, help, samples: [{ suffix: "", labels: {}, value }] };
}

/** What two samples that count the same have in common. */
function keyOf({ suffix, labels }: MetricSample): string {
  return suffix + JSON.stringify(labels);
}

function sumSamples(
  all: readonly MetricSample[],
  across: MetricFamily["across"],
): readonly MetricSample[] {
  const joined = across === "most" ? Math.max : (one: number, other: number) => one + other;
  const sums = new Map<string, MetricSample>();
  for (const sample of all) {
    const key = keyOf(sample);
    const before = sums.get(key);
    sums.set(
      key,
      before === undefined ? sample : { ...sample, value: joined(before.value, sample.value) },
    );
  }
  return [...sums.values()];
}

/**
 * The sum of what several processes count, or the most, each family and each sample by itself.
 * Families stand in the order in which they first appear.
 */
export function sumFamilies(
  processes: readonly (readonly MetricFamily[])[],
): readonly MetricFamily[] {
  const families = Map.groupBy(processes.flat(), ({ name }) => name);
  return [...families.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined
      ? []
      : [
          {
            ...first,
            samples: sumSamples(
              same.flatMap(({ samples }) => samples),
              first.across,
            ),
          },
        ];
  });
}

/** What of `families` stays true of a process that has ended: all but its gauges. */
export function countsOf(families: readonly MetricFamily[]): readonly MetricFamily[] {
  return families.filter(({ type }) => type !== "gauge");
}
