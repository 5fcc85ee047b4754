/**
 * Validates the rules of a site once, when it is opened, so that no request has to check them.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { isRedirectStatus } from "../../http/message/response-builder.ts";
import type { OpenMethods } from "./response-headers.ts";
import { ResponseHeaders, headerRuleFault } from "./response-headers.ts";
import type { PathMapping } from "./path-mapping.ts";
import type { PathPattern } from "./path-pattern.ts";
import { readPattern } from "./path-pattern.ts";
import type { CorsRule, HeaderRule, RedirectRule, RewriteRule } from "./rules.ts";

/** The rules as they are configured. */
export interface SiteRules {
  readonly single: boolean;
  readonly cleanUrls: boolean;
  readonly headers: readonly HeaderRule[];
  readonly cors: boolean | CorsRule;
  readonly redirects: readonly RedirectRule[];
  readonly rewrites: readonly RewriteRule[];
  /** How long responses are fresh, in seconds. */
  readonly cache: number | undefined;
}

/**
 * The rules in the form in which they are applied. `headers` is undefined when no field is added.
 */
export interface ReadRules {
  readonly mapping: PathMapping;
  readonly headers: ResponseHeaders | undefined;
}

/** Whether `text` is an origin as browsers serialize it. A "*" in it would not be a wildcard. */
function isOrigin(text: string): boolean {
  return URL.parse(text)?.origin === text && !text.includes("*");
}

function corsFault(cors: boolean | CorsRule): string | undefined {
  if (typeof cors === "boolean") return undefined;
  if (cors.credentials === true && cors.origins === undefined) {
    return "credentials need a list of origins";
  }
  const bad = cors.origins?.find((origin) => !isOrigin(origin));
  return bad === undefined ? undefined : `not an origin: ${bad}`;
}

/**
 * Validates `rules`. Fails with a message about the first malformed rule. `openMethods` are those
 * that routes open to every origin.
 */
export function readRules(rules: SiteRules, openMethods?: OpenMethods): Result<ReadRules, string> {
  for (const header of rules.headers) {
    const fault = headerRuleFault(header);
    if (fault !== undefined) return failure(fault);
  }
  const fault = corsFault(rules.cors);
  if (fault !== undefined) return failure(fault);
  const { cache } = rules;
  if (cache !== undefined && !(Number.isSafeInteger(cache) && cache >= 0)) {
    return failure(`not a number of seconds: ${cache}`);
  }
  const redirects: PathMapping["redirects"][number][] = [];
  for (const [i, { from, to, status }] of rules.redirects.entries()) {
    const pattern = readPattern(from, to, true);
    if (!pattern.ok) return failure(`redirects[${i}]: ${pattern.error}`);
    if (status !== undefined && !isRedirectStatus(status))
      return failure(`redirects[${i}]: no redirect: ${status}`);
    redirects.push({ pattern: pattern.value, status: status ?? 308 });
  }
  const rewrites: PathPattern[] = [];
  for (const [i, { from, to }] of rules.rewrites.entries()) {
    const pattern = readPattern(from, to, false);
    if (!pattern.ok) return failure(`rewrites[${i}]: ${pattern.error}`);
    rewrites.push(pattern.value);
  }
  const { headers, single, cleanUrls } = rules;
  const cors = rules.cors === true ? {} : rules.cors === false ? undefined : rules.cors;
  const isPlain = headers.length === 0 && cors === undefined;
  return success({
    mapping: { redirects, rewrites, single, cleanUrls },
    headers: isPlain ? undefined : new ResponseHeaders({ headers, cors }, openMethods),
  });
}
