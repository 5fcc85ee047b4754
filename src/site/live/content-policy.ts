/**
 * What a page's Content-Security-Policy lets live reload do: load its script, and connect to its
 * stream (CSP Level 3 §6.1). The policy is never changed, since a page is tested under the policy
 * that it will have.
 */

import { tokenList } from "../../http/fields/fields.ts";

/** What the policies of a page mean for live reload. */
interface PolicyVerdict {
  /** A nonce that the policies ask for; undefined for none. */
  readonly nonce: string | undefined;
  /** The first directive that keeps live reload out, as it is written; undefined for none. */
  readonly refusal: string | undefined;
}

type Directives = ReadonlyMap<string, readonly string[]>;

function readPolicy(policy: string): Directives {
  const directives = new Map<string, readonly string[]>();
  for (const directive of policy.split(";")) {
    const [name = "", ...sources] = directive.trim().split(/[\t\n\f\r ]+/);
    // The first of two directives with one name counts (§2.2.1).
    if (name !== "" && !directives.has(name.toLowerCase())) {
      directives.set(name.toLowerCase(), sources);
    }
  }
  return directives;
}

/** The first of `names` that the policy has, which stands for those after it (§6.8.3). */
function effective(policy: Directives, names: readonly string[]): string | undefined {
  return names.find((name) => policy.has(name));
}

const scriptNames = ["script-src-elem", "script-src", "default-src"];
const workerNames = ["worker-src", "child-src", "script-src", "default-src"];
const connectNames = ["connect-src", "default-src"];

/** A nonce source; its value is base64 (§2.3.1). */
const nonceSource = /^'nonce-([A-Za-z\d+/_-]+={0,2})'$/i;

/** Whether `sources` list the page's own origin; `host` is what the request was sent to. */
function allowsOwn(sources: readonly string[], host: string): boolean {
  const isHost = (source: string): boolean =>
    source.replace(/^https?:\/\//, "").replace(/\/$/, "") === host.toLowerCase();
  return sources
    .map((source) => source.toLowerCase())
    .some((source) => ["'self'", "*", "http:", "https:"].includes(source) || isHost(source));
}

function isStrict(sources: readonly string[]): boolean {
  return sources.some((source) => source.toLowerCase() === "'strict-dynamic'");
}

/** The directive called `name`, as it is written. */
function written(policy: Directives, name: string | undefined): string {
  return [name, ...(policy.get(name ?? "") ?? [])].join(" ");
}

/** Whether a policy makes the page one without scripts, or without an origin (§6.3.2). */
function isSandboxed(policy: Directives): boolean {
  const flags = policy.get("sandbox")?.map((flag) => flag.toLowerCase());
  if (flags === undefined) return false;
  return !flags.includes("allow-scripts") || !flags.includes("allow-same-origin");
}

function weigh(policy: Directives, host: string, isMeta: boolean): PolicyVerdict {
  if (!isMeta && isSandboxed(policy)) {
    return { nonce: undefined, refusal: written(policy, "sandbox") };
  }
  const scriptName = effective(policy, scriptNames);
  const scripts = policy.get(scriptName ?? "");
  const nonce = scripts?.map((source) => nonceSource.exec(source)?.[1]).find(Boolean);
  const isOwnAllowed = (name: string | undefined): boolean => {
    const sources = policy.get(name ?? "");
    return sources === undefined || (allowsOwn(sources, host) && !isStrict(sources));
  };
  // The script stands before a policy in a meta element, which therefore doesn't apply to it.
  if (!isMeta && nonce === undefined && !isOwnAllowed(scriptName)) {
    return { nonce, refusal: written(policy, scriptName) };
  }
  const workerName = effective(policy, workerNames);
  const connectName = effective(policy, connectNames);
  const mayWork = isOwnAllowed(workerName) || isStrict(policy.get(workerName ?? "") ?? []);
  const refusal = mayWork || isOwnAllowed(connectName) ? undefined : written(policy, connectName);
  return { nonce, refusal };
}

/**
 * What `policies` allow together, each a value of Content-Security-Policy. Those of `meta` stand in
 * meta elements of the page. `host` is the request's host, with its port.
 */
export function weighPolicies(
  policies: readonly string[],
  meta: readonly string[],
  host: string,
): PolicyVerdict {
  const verdicts = [
    ...policies.flatMap((value) => value.split(",")).map((one) => [one, false] as const),
    ...meta.map((one) => [one, true] as const),
  ].map(([policy, isMeta]) => weigh(readPolicy(policy), host, isMeta));
  return {
    nonce: verdicts.find(({ nonce }) => nonce !== undefined)?.nonce,
    refusal: verdicts.find(({ refusal }) => refusal !== undefined)?.refusal,
  };
}

/** The policies in meta elements of `markup`, the beginning of a page (HTML §4.2.5.3). */
export function policiesIn(markup: string): readonly string[] {
  if (!/content-security-policy/i.test(markup)) return [];
  const policies: string[] = [];
  new HTMLRewriter()
    .on("meta[http-equiv][content]", {
      element: (element) => {
        const [kind = ""] = tokenList(element.getAttribute("http-equiv") ?? "");
        const content = element.getAttribute("content") ?? "";
        if (kind === "content-security-policy") policies.push(unescape(content));
      },
    })
    .transform(markup);
  return policies;
}

/** `text` of an attribute without the character references that policies are written with. */
function unescape(text: string): string {
  return text
    .replace(/&(?:#39|apos|#x27);/gi, "'")
    .replace(/&quot;/gi, '"')
    .replace(/&amp;/gi, "&");
}
