/**
 * Who may ask for what. The first rule that fits a request's path and method decides; where none
 * does, any user may. A path that can't be one of the tree (`//`, `%2F`) fits no glob. A backend
 * may still read it as a path that a rule is about, so it needs the leave of every rule that isn't
 * public.
 *
 * A folder is answered with its index, and with `cleanUrls` `/about` with `about.html`. So a rule
 * that isn't public fits these paths, too, if it fits those of the files.
 *
 * An archive has all that is in a folder, so it needs the leave of every rule that may fit below
 * the folder. How a glob fits is not worked out: it may fit if its text up to its first wildcard
 * leads below the folder, or above it.
 */

import type { RequestHead } from "../../http/message/request.ts";
import type { Target } from "../../http/message/target.ts";
import { containPath } from "../../tree/path.ts";
import { askedArchiveOf } from "../download/asked-download.ts";
import { decodeGlob } from "../rules/path-glob.ts";
import type { AuthRule } from "./auth-options.ts";

/** Who may send a request: everyone, every user, or these. */
type Leave = "everyone" | "users" | ReadonlySet<string>;

interface CompiledRule {
  /** Undefined for every path. */
  readonly glob: Bun.Glob | undefined;
  /** The text of the glob before its first wildcard, decoded. */
  readonly begin: string;
  /** Whether the glob fits all that its text before the wildcards leads to. */
  readonly fitsAllBelow: boolean;
  /** Undefined for every method. */
  readonly methods: ReadonlySet<string> | undefined;
  readonly leave: Leave;
}

function pathOf(target: Target): string | undefined {
  if (!("path" in target)) return undefined;
  const contained = containPath(target.path);
  return contained.ok ? contained.value.text : undefined;
}

/** How a site's files are named in paths. */
interface Naming {
  /** The name of a folder's index; "" for none. */
  readonly index: string;
  readonly cleanUrls: boolean;
}

/** The paths that globs are matched with. */
interface Spellings {
  /** As it was asked for, and with a slash at its end or without it. */
  readonly own: readonly string[];
  /** Those of the files that it may be answered with. */
  readonly files: readonly string[];
}

function spell(path: string, { index, cleanUrls }: Naming): Spellings {
  const bare = path.endsWith("/") ? path.slice(0, -1) : path;
  const files: string[] = [];
  if (index !== "") files.push(`${bare}/${index}`);
  if (cleanUrls) files.push(`${bare}.html`);
  return { own: [path, path === bare ? `${bare}/` : bare], files };
}

function compile({ path = "/**", methods, users, public: isOpen }: AuthRule): CompiledRule {
  const glob = decodeGlob(path);
  const wildcard = glob.search(/[*?[\]{}!\\]/);
  const isEvery = glob === "/**";
  const named = methods?.includes("GET") === true ? [...methods, "HEAD"] : methods;
  return {
    glob: isEvery ? undefined : new Bun.Glob(glob),
    begin: wildcard === -1 ? glob : glob.slice(0, wildcard),
    fitsAllBelow: wildcard !== -1 && glob.slice(wildcard) === "**" && glob[wildcard - 1] === "/",
    methods: named === undefined ? undefined : new Set(named),
    leave: isOpen === true ? "everyone" : users === undefined ? "users" : new Set(users),
  };
}

/** Whether the request asks for an archive. */
function asksForAllBelow(target: Target): boolean {
  if (!("query" in target) || target.query === undefined) return false;
  return askedArchiveOf(target.query) !== undefined;
}

/** The rules of one site. */
export class AccessRules {
  readonly #rules: readonly CompiledRule[];
  readonly #naming: Naming;

  /** `rules` have been validated. */
  constructor(rules: readonly AuthRule[], naming: Naming) {
    this.#rules = rules.map(compile);
    this.#naming = naming;
  }

  /** Who may send the request with `head`: each of what it returns has to allow it. */
  leaveFor({ target, method }: Pick<RequestHead, "target" | "method">): readonly Leave[] {
    const path = pathOf(target);
    const rules = this.#rules.filter(({ methods }) => methods?.has(method) !== false);
    const spellings = path === undefined ? undefined : spell(path, this.#naming);
    const fitting = rules.find((rule) => fits(rule, spellings))?.leave ?? "users";
    if (path === undefined) return "path" in target ? [fitting, ...strictest(rules)] : [fitting];
    if (!asksForAllBelow(target)) return [fitting];
    return [fitting, ...leaveBelow(rules, path.endsWith("/") ? path : `${path}/`)];
  }
}

/** What is asked for by those of `rules` that may decide of a path that isn't known. */
function strictest(rules: readonly CompiledRule[]): readonly Leave[] {
  const last = rules.findIndex(({ glob }) => glob === undefined);
  const first = last === -1 ? rules : rules.slice(0, last);
  return first.map(({ leave }) => leave).filter((leave) => leave !== "everyone");
}

function fits({ glob, leave }: CompiledRule, spellings: Spellings | undefined): boolean {
  if (glob === undefined) return true;
  if (spellings === undefined) return false;
  const { own, files } = spellings;
  const all = leave === "everyone" ? own : [...own, ...files];
  return all.some((path) => glob.match(path));
}

/** What is asked for by all of `rules` that may fit below `folder`. */
function leaveBelow(rules: readonly CompiledRule[], folder: string): readonly Leave[] {
  const below: Leave[] = [];
  for (const { begin, fitsAllBelow, leave } of rules) {
    if (!begin.startsWith(folder) && !folder.startsWith(begin)) continue;
    below.push(leave);
    if (fitsAllBelow && folder.startsWith(begin)) return below;
  }
  return [...below, "users"];
}

/** Whether everyone has all of `leave`. */
export function isPublic(leave: readonly Leave[]): boolean {
  return leave.every((one) => one === "everyone");
}

/** Whether `user` has all of `leave`. */
export function allows(leave: readonly Leave[], user: string): boolean {
  return leave.every((one) => typeof one === "string" || one.has(user));
}
