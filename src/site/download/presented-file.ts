/**
 * A file that isn't presented as usual: as an attachment, which browsers save, or as its source. It
 * is a representation of its own, so conditions, ranges, codings and caches work as for the file.
 */

import type { Response, ResponseField } from "../../http/message/response.ts";
import { isTextType } from "../../tree/mime.ts";
import type { OpenFile } from "../../tree/tree.ts";
import { fileSlotsOf } from "../content/file-slots.ts";
import { Representation } from "../content/representation.ts";
import type { Presentation } from "./asked-download.ts";
import { attachmentNamed } from "./content-disposition.ts";

/** `mediaType` as text that browsers show and don't render, with its charset if it has one. */
function sourceType(mediaType: string): string {
  if (!isTextType(mediaType)) return mediaType;
  const [, charset] = /;\s*(charset=.*)$/.exec(mediaType) ?? [];
  return charset === undefined ? "text/plain" : `text/plain; ${charset}`;
}

/** The field that makes browsers save `file`. */
function attachmentField({ name }: OpenFile): ResponseField {
  return ["Content-Disposition", attachmentNamed(name)];
}

/**
 * `usual`, the representation of `file`, presented as `how` says. It is kept in the file's slot if
 * there is one.
 */
export function presentFile(
  usual: Representation,
  file: OpenFile,
  how: Presentation,
): Representation {
  const slots = fileSlotsOf(file);
  const known = slots?.presentations[how];
  if (known !== undefined) return known;
  const { mediaType, entityTag, mtimeMs, content, hasVariants, isRepeated, fields } = usual;
  const made = new Representation({
    mediaType: how === "raw" ? sourceType(mediaType) : mediaType,
    entityTag,
    ...(mtimeMs === undefined ? {} : { mtimeMs }),
    content,
    isRepeated,
    hasVariants,
    fields: how === "raw" ? fields : [...fields, attachmentField(file)],
  });
  if (slots !== undefined) slots.presentations[how] = made;
  return made;
}

/** `response`, with the content of `file`, whose size isn't known, presented so. */
export function presentResponse(response: Response, file: OpenFile, how: Presentation): Response {
  if (response.status !== 200) return response;
  if (how === "attachment") {
    return { ...response, fields: [...response.fields, attachmentField(file)] };
  }
  const fields = response.fields.map(([name, value]): ResponseField => [
    name,
    name === "Content-Type" ? sourceType(value) : value,
  ]);
  return { ...response, fields };
}
