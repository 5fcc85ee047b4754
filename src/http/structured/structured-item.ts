/**
 * The items of structured fields that postern reads (RFC 9651 §3.3): booleans and integers.
 *
 *   sf-item    = bare-item parameters
 *   sf-integer = ["-"] 1*15DIGIT
 *   sf-boolean = "?" ( "0" / "1" )
 *   parameters = *( ";" *SP key [ "=" bare-item ] )
 *
 * Parameters are read and dropped. A field on several lines is one item only if there is one line,
 * because the lines are joined with a comma first (RFC 9651 §4.2), which no such item has.
 */

import type { Fields } from "../fields/fields.ts";

/** The bare items: a boolean, a number, a string, a token, octets, a date. */
const items = [
  String.raw`\?[01]`,
  String.raw`-?\d{1,15}(?:\.\d{1,3})?`,
  String.raw`"(?:[ !#-[\]-~]|\\["\\])*"`,
  "[a-zA-Z*][\\w!#$%&'*+\\-.^`|~:/]*",
  String.raw`:[a-zA-Z\d+/=]*:`,
  String.raw`@-?\d{1,15}`,
] as const;

const parameter = new RegExp(String.raw`^; *[a-z*][a-z\d_\-.*]*(?:=(?:${items.join("|")}))?`);

/** The bare item of the field `name`, which `pattern` matches with its first group. */
function bareItem(fields: Fields, name: string, pattern: RegExp): string | undefined {
  const [value, ...others] = fields.getAll(name);
  if (value === undefined || others.length > 0) return undefined;
  const text = value.trim();
  const item = pattern.exec(text)?.[1];
  if (item === undefined) return undefined;
  let rest = text.slice(item.length);
  while (rest !== "") {
    const length = parameter.exec(rest)?.[0].length;
    if (length === undefined) return undefined;
    rest = rest.slice(length);
  }
  return item;
}

/** The boolean of the field `name`; undefined when it isn't there, or is anything else. */
export function booleanItem(fields: Fields, name: string): boolean | undefined {
  const item = bareItem(fields, name, /^(\?[01])(?![^;])/);
  return item === undefined ? undefined : item === "?1";
}

/**
 * The integer of the field `name`, at most 15 digits, which a number holds exactly; undefined when
 * it isn't there, or is anything else.
 */
export function integerItem(fields: Fields, name: string): number | undefined {
  const item = bareItem(fields, name, /^(-?\d{1,15})(?![^;])/);
  return item === undefined ? undefined : Number(item);
}
