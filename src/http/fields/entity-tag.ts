/**
 * Entity tags (RFC 9110 §8.8.3):
 *
 *   entity-tag = [ weak ] opaque-tag
 *   weak       = %s"W/"
 *   opaque-tag = DQUOTE *etagc DQUOTE
 *   etagc      = %x21 / %x23-7E / obs-text
 *
 * A comma is an etagc, so a list of tags can't be split at its commas.
 */

/** An entity tag: what stands between its quotes, and whether it is weak. */
export interface EntityTag {
  readonly weak: boolean;
  readonly opaque: string;
}

/** What If-Match and If-None-Match compare with: any representation, or one with such a tag. */
export type TagCondition = "*" | readonly EntityTag[];

const tag = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/y;
const separator = /[\t ]*,[\t ,]*/y;

function readTagAt(value: string, at: number): { tag: EntityTag; end: number } | undefined {
  tag.lastIndex = at;
  const match = tag.exec(value);
  if (match === null) return undefined;
  return { tag: { weak: match[1] !== undefined, opaque: match[2] ?? "" }, end: tag.lastIndex };
}

/** Reads one entity tag; undefined when the text is anything else. */
export function parseEntityTag(value: string): EntityTag | undefined {
  const read = readTagAt(value, 0);
  return read?.end === value.length ? read.tag : undefined;
}

/**
 * Reads "*" / #entity-tag (§13.1.1). Empty members are ignored (§5.6.1.2). Undefined when it is
 * neither, and for a list without a member.
 */
export function parseTagCondition(value: string): TagCondition | undefined {
  if (value === "*") return "*";
  const tags: EntityTag[] = [];
  let at = /^[\t ,]*/.exec(value)?.[0].length ?? 0;
  while (at < value.length) {
    const read = readTagAt(value, at);
    if (read === undefined) return undefined;
    tags.push(read.tag);
    if (read.end === value.length) return tags;
    separator.lastIndex = read.end;
    if (!separator.test(value)) return undefined;
    at = separator.lastIndex;
  }
  return tags.length === 0 ? undefined : tags;
}

/** Strong comparison: both are strong, and their opaque tags are the same (§8.8.3.2). */
export function strongEqual(a: EntityTag, b: EntityTag): boolean {
  return !a.weak && !b.weak && a.opaque === b.opaque;
}

/** Weak comparison: their opaque tags are the same, weak or not (§8.8.3.2). */
export function weakEqual(a: EntityTag, b: EntityTag): boolean {
  return a.opaque === b.opaque;
}

/** The tag as a field's value. */
export function formatEntityTag(entityTag: EntityTag): string {
  return `${entityTag.weak ? "W/" : ""}"${entityTag.opaque}"`;
}
