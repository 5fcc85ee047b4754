/**
 * What is wrong with the name of a bucket. The rules are those that buckets of any age keep
 * ("General purpose bucket naming rules", and those before March 2018): 3 to 255 letters, figures,
 * ".", "-" and "_", the first and the last of them a letter or a figure.
 */

const charactersMin = 3;
const charactersMax = 255;

/**
 * The rule that the bucket of `root`, "s3://bucket/prefix", breaks, in a line that says what it has
 * instead. Undefined when it breaks none, and when there is no name at all.
 */
export function bucketNameFault(root: string): string | undefined {
  const [bucket = ""] = root.slice("s3://".length).split("/");
  if (bucket === "") return undefined;
  const { length } = Array.from(bucket);
  const breaks = (rule: string): string => `${root}: the name of a bucket ${rule}`;
  if (length < charactersMin)
    return breaks(`has at least ${charactersMin} characters, not ${length}`);
  if (length > charactersMax)
    return breaks(`has at most ${charactersMax} characters, not ${length}`);
  const [foreign] = /[^\w.-]/u.exec(bucket) ?? [];
  if (foreign !== undefined) {
    return breaks(`has letters, figures, ".", "-" and "_" alone, not ${JSON.stringify(foreign)}`);
  }
  const ends = [bucket.charAt(0), bucket.charAt(bucket.length - 1)];
  const end = ends.find((one) => !/[A-Za-z0-9]/.test(one));
  if (end === undefined) return undefined;
  return breaks(`begins and ends with a letter or a figure, not ${JSON.stringify(end)}`);
}
