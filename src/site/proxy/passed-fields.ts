/**
 * Which fields of a client a backend gets. Those that say who asks are this server's own to write:
 * what the client says in them is dropped.
 *
 * A backend that takes fields from variables (CGI, RFC 3875 §4.1.18; WSGI) can't tell `Remote_User`
 * from `Remote-User`. So a name counts as another one's if they differ only in what isn't a letter
 * or a digit.
 *
 * On a server with users, credentials of the Basic scheme (RFC 7617) are the server's own and are
 * removed: verified or not, since browsers send a password to public paths of the same host, too.
 * What became of them must not depend on whether they are right, or an answer of the backend would
 * tell that without the delay that a wrong password has. Credentials of other schemes are for the
 * backend.
 */

import type { Fields } from "../../http/fields/fields.ts";
import { DroppedFields, endToEndLines, plainName } from "../../http/fields/hop-by-hop.ts";
import { latin1Text, utf8Bytes } from "../../http/octets/bytes.ts";
import type { ResponseField } from "../../http/message/response.ts";

/**
 * The fields of a client that are written anew, or not at all. Programs that run by CGI would take
 * the field Proxy for a setting of their own (HTTP_PROXY).
 */
const written: readonly string[] = [
  "content-length",
  "expect",
  "host",
  "proxy",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
];

/** Other fields that have a meaning, and that no user's name may stand in. */
const reserved: readonly string[] = [
  "authorization",
  "cookie",
  "forwarded",
  "max-forwards",
  "origin",
  "via",
];

/** Whether `name` can be the field that tells a backend the user. */
export function isUserField(name: string): boolean {
  const taken = new DroppedFields([...written, ...reserved]);
  return /^[\dA-Za-z]+(?:-[\dA-Za-z]+)*$/.test(name) && !taken.has(name);
}

/** A list of pairs whose quoted strings all end (RFC 7239 §4). */
const closed = /^(?:[^"]|"(?:[^"\\]|\\.)*")*$/;

/**
 * A line of Forwarded with a quoted string that doesn't end. A backend that joins the lines (RFC
 * 9110 §5.3) would read what this server writes behind it as part of that string.
 */
function isOpenForwarded([name, value]: ResponseField): boolean {
  return name.toLowerCase() === "forwarded" && !closed.test(value);
}

/** Credentials of the Basic scheme (RFC 7617 §2), however malformed they are. */
const basic = /^basic(?:[ \t]|$)/i;

function isBasic([name, value]: ResponseField): boolean {
  return basic.test(value) && plainName(name) === "authorization";
}

/** What a rule of the proxy says of fields. */
export interface PassingRule {
  /** Whether Basic credentials are passed on by a server with users. */
  readonly authorization: "keep" | undefined;
  /** The field that tells the user; undefined for none. */
  readonly userField: string | undefined;
}

/** What of a client's fields the backend of one rule gets. */
export class PassedFields {
  readonly #dropped: DroppedFields;
  readonly #droppedCounted: DroppedFields;
  readonly #dropsBasic: boolean;
  readonly #userField: string | undefined;

  /** `hasUsers` says whether the server has users of its own. */
  constructor({ authorization, userField }: PassingRule, hasUsers: boolean) {
    const own = userField === undefined ? [] : [userField.toLowerCase()];
    this.#dropped = new DroppedFields([...written, ...own], true);
    this.#droppedCounted = new DroppedFields([...written, ...own, "max-forwards"], true);
    this.#dropsBasic = hasUsers && authorization !== "keep";
    this.#userField = userField;
  }

  /**
   * The lines of `fields` that are passed on, in their order and spelling; without Max-Forwards
   * where it `isCounted` (RFC 9110 §7.6.2).
   */
  of(fields: Fields, isCounted: boolean): ResponseField[] {
    let lines = endToEndLines(fields, isCounted ? this.#droppedCounted : this.#dropped);
    if (fields.has("forwarded")) lines = lines.filter((line) => !isOpenForwarded(line));
    return this.#dropsBasic ? lines.filter((line) => !isBasic(line)) : lines;
  }

  /** The line that tells the backend `user`, if it is told and there is one. */
  user(user: string | undefined): readonly ResponseField[] {
    if (this.#userField === undefined || user === undefined) return [];
    // The blanks at its ends get lost in a field, and it would be another user's.
    if (user.trim() !== user) return [];
    // Heads are written as Latin-1, and the name is UTF-8, as it came (RFC 7617 §2.1).
    return [[this.#userField, latin1Text(utf8Bytes(user))]];
  }
}
