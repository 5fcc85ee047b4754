/**
 * Redirects made by the server itself (RFC 9110 §15.4).
 *
 * A location within the site is a relative reference. A client resolves it against the URI that it
 * asked for (RFC 9110 §10.2.2), so it stays right behind a proxy that strips a prefix from the
 * path, and no text of a request can make it name another host.
 */

import type { Response } from "../../http/message/response.ts";
import type { RedirectStatus } from "../../http/message/response-builder.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { Target } from "../../http/message/target.ts";
import { containPath, encodePath } from "../../tree/path.ts";
import { cacheControl } from "./cache-control.ts";

/**
 * The relative reference that leads from the path `base` to the path `to`, with as few steps up as
 * possible (RFC 3986 §4.2, §5.2). Both begin with "/"; empty segments count as segments. `to` has
 * no query and no dot segments.
 */
export function relativeReference(base: string, to: string): string {
  // A client drops what follows the last slash of the base (RFC 3986 §5.2.3).
  const folders = base.split("/").slice(1, -1);
  const segments = to.split("/").slice(1);
  let shared = 0;
  while (
    shared < folders.length &&
    shared < segments.length - 1 &&
    folders[shared] === segments[shared]
  ) {
    shared++;
  }
  const up = "../".repeat(folders.length - shared);
  const [first = "", ...others] = segments.slice(shared);
  // Without "./", an empty reference keeps the last segment of the base, a leading slash begins at
  // the root, and a colon in the first segment ends a scheme (RFC 3986 §4.2).
  const needsDot = up === "" && (first === "" || first.includes(":"));
  return `${needsDot ? "./" : up}${[first, ...others].join("/")}`;
}

/**
 * The location of the encoded path `to` of the site, for a request with `target`. The folders that
 * both have in common keep the client's spelling.
 */
export function locationFrom(target: Target, to: string): string {
  if (target.form === "authority" || target.form === "asterisk") return to;
  const contained = containPath(target.path);
  return relativeReference(contained.ok ? encodePath(contained.value) : target.path, to);
}

/**
 * A redirect to `location`, a URI reference, with the request's `query` appended. `cacheSeconds` is
 * the value of `--cache`; undefined without it.
 */
export function redirect(
  status: RedirectStatus,
  location: string,
  query: string | undefined,
  cacheSeconds: number | undefined,
): Response {
  const whole = query === undefined ? location : `${location}?${query}`;
  // Without Cache-Control, a browser may cache a 301 or a 308 indefinitely.
  const [name, value] = cacheControl("", cacheSeconds);
  return new ResponseBuilder(status).field<string>(name, value).field("Location", whole).build();
}
