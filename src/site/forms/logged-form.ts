/**
 * The log's record of what was posted: the values of a form, each truncated, or the type and length
 * of a body that is no form.
 */

import type { Limits } from "../../base/limits.ts";
import type { OctetRange } from "../../http/octets/bytes.ts";
import { parseMediaType } from "../../http/fields/media-type.ts";
import type { Form, FormValue } from "./form-data.ts";
import { formType, readForm } from "./form-data.ts";

/** The log's record of an uploaded file. */
interface LoggedFile {
  readonly filename: string;
  readonly type: string;
  readonly octets: number;
}

/** The log's record of a value. */
export type LoggedValue = string | LoggedFile;

/** The log's record of a form: by name one value, or a list of them in order. */
export type LoggedForm = Record<string, LoggedValue | LoggedValue[]>;

/** `text` of a client for the log, truncated to `logValueBytesMax` and marked. */
export function cutText(text: string, { logValueBytesMax }: Limits): string {
  return text.length > logValueBytesMax ? `${text.slice(0, logValueBytesMax)}…` : text;
}

/** The record of `value`, with each text in it truncated. */
function describeValue(value: FormValue, limits: Limits): LoggedValue {
  if (typeof value === "string") return cutText(value, limits);
  const { name, type, content } = value;
  return { filename: cutText(name, limits), type: cutText(type, limits), octets: content.length };
}

/** The record of values by name, of those with one name in their order. */
export function describeEntries(
  entries: Iterable<readonly [name: string, value: LoggedValue]>,
): LoggedForm {
  const fields = new Map<string, LoggedValue[]>();
  for (const [name, value] of entries) {
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  const shown = [...fields].map(([name, values]): [string, LoggedValue | LoggedValue[]] => [
    name,
    values.length === 1 && values[0] !== undefined ? values[0] : values,
  ]);
  return Object.fromEntries(shown);
}

/** The values of `form` by name. Each text in it, names and media types too, is truncated. */
function describeForm(form: Form, limits: Limits): LoggedForm {
  const entries = [...form].map(([name, value]): [string, LoggedValue] => [
    cutText(name, limits),
    describeValue(value, limits),
  ]);
  return describeEntries(entries);
}

/** The record of a body of `octets` octets that is no form. */
export function describeOctets(
  contentType: string | undefined,
  octets: number,
  limits: Limits,
): LoggedForm {
  const mediaType = contentType === undefined ? undefined : parseMediaType(contentType);
  return { body: { filename: "", type: cutText(mediaType?.essence ?? "", limits), octets } };
}

/**
 * Parses `body` as `contentType` and returns a function that makes the log's record of it. Throws a
 * `BodyError` when the body is malformed. The record is made only if the log needs it.
 */
export function describeBody(
  body: OctetRange,
  contentType: string | undefined,
  limits: Limits,
): () => LoggedForm {
  const type = formType(contentType);
  if (type !== undefined) {
    const form = readForm(body, type, limits);
    return () => describeForm(form, limits);
  }
  const { length } = body;
  return () => describeOctets(contentType, length, limits);
}
