/**
 * What of a site is refused to visitors, and why, and what they get that looks as if they should
 * not. Causes are reported, and not files: a folder that is shut is one finding, however many files
 * are in it, and files of one folder that lack the same bit are one, too.
 */

import { shellWord } from "../../base/shell-word.ts";
import { lookAt, realPath } from "../../system/file-system.ts";
import { mendingCommand } from "../../tree/mending-command.ts";
import type { AuthOptions, AuthRule } from "../../site/auth/auth-options.ts";
import type { ServedSource } from "../../site/open-tree.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { displayName, encodePath } from "../../tree/path.ts";
import type { Denial } from "../../tree/permission.ts";
import { formatMode, remedyOf } from "../../tree/denial-text.ts";
import { isLacking, withoutListing } from "../../tree/permission.ts";
import type { AbsenceCause, OpenFile, Outcome } from "../../tree/tree.ts";
import type { AuditedSite } from "./audited-site.ts";
import type { ExposureKind } from "./exposure.ts";
import { beginningBytes, exposedByContent, exposedByName, exposureTexts } from "./exposure.ts";
import type { OptionReport } from "./option-findings.ts";
import { auditOptions } from "./option-findings.ts";
import type { SurveyedEntry, SurveyEnd, UnreadFolder } from "./survey.ts";
import { outcomeOf, placeOf, shellPathOf, sitePathOf, Survey } from "./survey.ts";

/** Why something that is there is not served. */
type RefusalCause =
  "permission" | "process" | "unnameable" | "covered" | "nowhere" | "failed" | AbsenceCause;

/** A cause, with all that follows from it. */
export interface Finding {
  /**
   * What the cause is: a path in the site, without a slash in front, or an absolute one on this
   * machine outside of what is served.
   */
  readonly path: string;
  readonly cause: RefusalCause | ExposureKind;
  /** In words. */
  readonly reason: string;
  /** As `ls -l` prints it, where a mode is the cause. */
  readonly mode?: string | undefined;
  /** How many files visitors don't get because of it, or do. */
  files: number;
  /** The command that mends it, if there is one. */
  readonly command?: string | undefined;
}

/** What an audit has found. */
export interface AuditReport {
  /** The real path of the root; "" when there is none. */
  readonly root: string;
  /** What is served: the path that it is under, and its real path on this machine. */
  readonly served: readonly { readonly at: string; readonly path: string }[];
  readonly end: SurveyEnd;
  /** Entries that were looked at. */
  readonly looked: number;
  readonly refused: readonly Finding[];
  readonly exposed: readonly Finding[];
  /** Findings beyond `auditFindingsMax`. */
  readonly more: number;
  /** Names that the site hides. */
  readonly hidden: number;
  /** Uploads that lack o+r, as `--upload-mode` has it. */
  readonly withheld: number;
  /** Folders that can't be read, and why. */
  readonly unread: readonly UnreadFolder[];
  /** What the options let visitors do, and which look as if they let in more than is meant. */
  readonly options: OptionReport;
  /** What everyone may ask for of a site that asks for passwords; absent where it asks for none. */
  readonly open?: readonly string[];
}

/** What a site with `auth` answers without a password. */
function openTo({ rules = [] }: AuthOptions): readonly string[] {
  return rules.filter((rule) => rule.public === true).map(ruleText);
}

/** What a rule fits, "GET /pub/**". */
function ruleText({ path = "/**", methods }: AuthRule): string {
  return methods === undefined ? path : `${methods.join(", ")} ${path}`;
}

/** Entries that one turn of the event loop looks at; an audit has the process for itself. */
const entriesPerTurn = 256;

/** Larger files are not looked into. */
const lookedIntoBytesMax = 64 * 1024;

/** From so many files on that lack the same bit in one folder, they are one finding. */
const gatheredMin = 4;

const absenceTexts: Readonly<Record<Exclude<AbsenceCause, "hidden">, string>> = {
  "link-outside": "a link that leads out of the root; --symlinks follow serves it",
  "link-refused": "a link, and --symlinks deny follows none",
  "link-loop": "links that go round in a circle, or on for too long",
  special: "neither a file nor a folder",
};

/** Findings of one kind, by what they are about. */
class Findings {
  more = 0;
  readonly #most: number;
  readonly #byKey = new Map<string, Finding>();

  constructor(most: number) {
    this.#most = most;
  }

  get all(): readonly Finding[] {
    return [...this.#byKey.values()];
  }

  /**
   * Counts a file under the finding `key`, which `make` makes of the first; it is made anew of one
   * that says more.
   */
  count(key: string, files: number, make: () => Omit<Finding, "files">, isWider = false): void {
    const known = this.#byKey.get(key);
    if (known !== undefined && isWider) {
      this.#byKey.set(key, { ...make(), files: known.files + files });
    } else if (known !== undefined) known.files += files;
    else if (this.#byKey.size < this.#most) this.#byKey.set(key, { ...make(), files });
    else this.more++;
  }
}

/** A denial, and how many paths lead to it: the file itself, and links. */
interface CountedDenial {
  readonly denial: Denial;
  count: number;
}

/** The files of one folder that lack a bit. */
interface DeniedFiles {
  readonly source: ServedSource;
  /** Relative to the source's folder; "" for that. */
  readonly folder: string;
  files: number;
  /** How many paths lead to them. */
  count: number;
  /** The first of them, `gatheredMin` at most. */
  readonly byPath: Map<string, CountedDenial>;
}

/** One audit of a site. */
class Audit {
  readonly #site: AuditedSite;
  readonly #refused: Findings;
  readonly #exposed: Findings;
  /** Files that lack o+r themselves, by folder. */
  readonly #denied = new Map<string, DeniedFiles>();
  #hidden = 0;
  #withheld = 0;

  constructor(site: AuditedSite) {
    const { auditFindingsMax } = site.limits;
    this.#site = site;
    this.#refused = new Findings(auditFindingsMax);
    this.#exposed = new Findings(auditFindingsMax);
  }

  async run(signal?: AbortSignal): Promise<AuditReport> {
    const { limits, surroundings, root, sources, options } = this.#site;
    const bounds = {
      entriesMax: limits.auditEntriesMax,
      depthMax: limits.auditDepthMax,
      timeMs: limits.auditTimeMs,
      entriesPerTurn,
      signal,
    };
    const survey = new Survey(this.#site, bounds, surroundings);
    for (const source of sources) {
      if (source.path === source.folder) this.#judgeWritable(source, "", "folder");
    }
    for await (const entry of survey.entries()) await this.#judge(entry);
    this.#gatherDenied();
    const { end, looked, unread } = survey.result;
    return {
      root,
      served: sources.map(({ at, path }) => ({ at: encodePath(at), path })),
      end,
      looked,
      refused: inOrder(this.#refused.all),
      exposed: inOrder(this.#exposed.all),
      more: this.#refused.more + this.#exposed.more,
      hidden: this.#hidden,
      withheld: this.#withheld,
      unread,
      options: await auditOptions(this.#site),
      ...(options.auth === undefined ? {} : { open: openTo(options.auth) }),
    };
  }

  async #judge(entry: SurveyedEntry): Promise<void> {
    const { source, name, path, type, kind } = entry;
    if (path === undefined) {
      this.#refuse(entry, "unnameable", "no request can spell this name; rename it");
      return;
    }
    if (kind === "covered") {
      const isFolder = type === "directory";
      const reason = "another folder is served under this path";
      this.#refuse(entry, "covered", reason, isFolder ? 0 : 1, isFolder ? "/" : "");
      return;
    }
    if (type === "directory") this.#judgeWritable(source, name, "folder");
    if (kind === "file" || kind === "redirect") {
      // A folder's index is an entry of its own.
      if (type !== "directory") await this.#judgeServed(entry, path);
      return;
    }
    if (kind === "directory") return;
    const found = await outcomeOf(this.#site, path);
    if (found.kind === "file") found.file.close();
    if (found.kind === "forbidden") this.#deny(denialIn(source, found.denial), entry);
    else if (found.kind === "absent") this.#judgeAbsent(entry, found.cause);
    else if (found.kind === "failed" || found.kind === "exhausted") {
      this.#refuse(entry, "failed", reasonOf(found));
    }
  }

  /** Counts an entry that is refused without a bit that would mend it. */
  #refuse(
    { source, name }: SurveyedEntry,
    cause: RefusalCause,
    reason: string,
    files = 1,
    end = "",
  ): void {
    const path = `${sitePathOf(source, name)}${end}`;
    this.#refused.count(`${source.path} ${name}`, files, () => ({ path, cause, reason }));
  }

  #deny(found: Denial, { source, name, type }: SurveyedEntry): void {
    const denial = this.#site.options.listing ? found : withoutListing(found);
    const { lacks, path } = denial;
    const isFolder = type === "directory";
    const isOwn = path === name;
    // Where no folder is listed, none has to be readable.
    if (isFolder && isOwn && lacks === "o+r" && !this.#site.options.listing) return;
    if (lacks === "o+r" && this.#site.isWithheld(source, path)) {
      if (isOwn && !isFolder) this.#withheld++;
      return;
    }
    const isFile = !isFolder && lacks === "o+r" && !path.startsWith("/");
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    const key = `${source.path} ${folder}`;
    const known = this.#denied.get(key);
    const hasRoom = this.#denied.size < this.#site.limits.auditFindingsMax;
    if (!isFile || !isLacking(denial) || (known === undefined && !hasRoom)) {
      this.#count(source, denial, isFolder ? 0 : 1);
      return;
    }
    const denied = known ?? { source, folder, files: 0, count: 0, byPath: new Map() };
    if (known === undefined) this.#denied.set(key, denied);
    denied.count++;
    if (isOwn) denied.files++;
    const same = denied.byPath.get(path);
    if (same !== undefined) same.count++;
    else if (denied.byPath.size < gatheredMin) denied.byPath.set(path, { denial, count: 1 });
  }

  #count(source: ServedSource, denial: Denial, files: number): void {
    const { lacks, mode } = denial;
    // The folder itself lacks o+rx, and what is in it the o+x of the folder.
    const bit = lacks === "o+r" ? lacks : "o+x";
    const isWider = lacks === "o+rx";
    const make = (): Omit<Finding, "files"> => {
      const command = mendingCommand(denial, shellPathOf(source, ""));
      const isMendable = isLacking(denial);
      const shownMode = formatMode(mode);
      const isFolder = shownMode.startsWith("d");
      const effect = isFolder && lacks === "o+r" ? ", so it isn't listed" : "";
      const remedy = denial.object === undefined ? "" : `; ${remedyOf(denial)}`;
      const lack = `lacks ${lacks}${effect}${remedy}`;
      const reason = isMendable ? lack : "the server itself may not open it";
      const cause = isMendable ? "permission" : "process";
      const isInside = !denial.path.startsWith("/");
      const path = isInside ? sitePathOf(source, denial.path) : denial.path;
      return { path: isFolder ? `${path}/` : path, cause, reason, mode: shownMode, command };
    };
    this.#refused.count(`${bit} ${source.path} ${denial.path}`, files, make, isWider);
  }

  /** Files of one folder that lack the same bit are one finding, if they are many. */
  #gatherDenied(): void {
    for (const [key, { source, folder, files, count, byPath }] of this.#denied) {
      if (byPath.size < gatheredMin) {
        for (const one of byPath.values()) this.#count(source, one.denial, one.count);
        continue;
      }
      const shown = shellPathOf(source, folder);
      // "./" in front of a name that find would take for an option.
      const start = shellWord(shown.startsWith("-") ? `./${shown}` : shown || ".");
      const finding = `find ${start} -maxdepth 1 -type f ! -perm -o=r -exec chmod o+r {} +`;
      const isHere = source.entries === undefined;
      const command = isHere ? finding : undefined;
      const remedy = isHere ? "" : "; mode=100644 in their metadata serves them";
      const path = sitePathOf(source, folder === "" ? "*" : `${folder}/*`);
      this.#refused.count(`files ${key}`, count, () => ({
        path,
        cause: "permission",
        reason: `${files} files lack o+r${remedy}`,
        command,
      }));
    }
  }

  #judgeAbsent(entry: SurveyedEntry, cause: AbsenceCause | undefined): void {
    if (cause === "hidden") {
      this.#hidden++;
      return;
    }
    if (cause === undefined && entry.type !== "link") return;
    const reason = cause === undefined ? "a link to what is not there" : absenceTexts[cause];
    this.#refuse(entry, cause ?? "nowhere", reason);
  }

  /** Whether a file that visitors get looks as if they should not. */
  async #judgeServed(entry: SurveyedEntry, path: ContainedPath): Promise<void> {
    const { source, name, type, kind } = entry;
    const { options } = this.#site;
    if (type === "link" && options.symlinks === "follow" && leadsOutside(source, name)) {
      this.#expose(source, name, "link-outside", undefined);
    }
    if (kind !== "file") return;
    if (type === "file") this.#judgeWritable(source, name, "file");
    const segments = name.split("/");
    const named = exposedByName(segments);
    const content =
      named === undefined || named.kind === "hidden" ? await this.#lookInto(path) : undefined;
    if (content !== undefined) this.#expose(source, name, content, this.#shut(source, name));
    else if (named !== undefined) {
      const thing = segments.slice(0, named.depth).join("/");
      const isFolder = named.depth < segments.length;
      const command = this.#shut(source, thing, isFolder);
      this.#expose(source, isFolder ? `${thing}/` : thing, named.kind, command);
    }
  }

  /** The command after which visitors don't get `name` any more; none where no bit decides. */
  #shut(source: ServedSource, name: string, isFolder = false): string | undefined {
    const isHere = source.entries === undefined;
    if (this.#site.options.permissions !== "other" || !isHere) return undefined;
    return `chmod ${isFolder ? "o-x" : "o-r"} -- ${shellWord(shellPathOf(source, name))}`;
  }

  #expose(source: ServedSource, name: string, kind: ExposureKind, command?: string): void {
    const reason = exposureTexts[kind];
    const path = sitePathOf(source, name);
    const key = `${kind} ${source.path} ${name}`;
    this.#exposed.count(key, 1, () => ({ path, cause: kind, reason, command }));
  }

  /** The sticky bit doesn't count: others may still add files to be served. */
  #judgeWritable(source: ServedSource, name: string, what: "file" | "folder"): void {
    if (source.entries !== undefined) return;
    const isOneFile = source.path !== source.folder;
    const real = isOneFile ? realPath(source.path) : undefined;
    const stat = lookAt(real?.ok === true ? real.value : placeOf(source, name));
    if (!stat.ok || (stat.value.mode & 0o002) === 0) return;
    const command = `chmod o-w -- ${shellWord(shellPathOf(source, name) || ".")}`;
    const inside = what === "folder" && name !== "" ? `${name}/` : name;
    const path = sitePathOf(source, inside) || "./";
    this.#exposed.count(`writable ${source.path} ${name}`, what === "file" ? 1 : 0, () => {
      const reason = exposureTexts.writable;
      return { path, cause: "writable", reason, mode: formatMode(stat.value.mode), command };
    });
  }

  async #lookInto(path: ContainedPath): Promise<ExposureKind | undefined> {
    const found = await outcomeOf(this.#site, path);
    if (found.kind !== "file") return undefined;
    try {
      const octets = beginningOf(found.file);
      return octets === undefined ? undefined : exposedByContent(octets);
    } finally {
      found.file.close();
    }
  }
}

/** Whether the link `name` leads out of its source's folder. */
function leadsOutside(source: ServedSource, name: string): boolean {
  const real = realPath(placeOf(source, name));
  return real.ok && real.value !== source.folder && !real.value.startsWith(placeOf(source, ""));
}

/** `denial` with a path that is relative to the folder of `source`, if it is in there. */
function denialIn(source: ServedSource, denial: Denial): Denial {
  const start = placeOf(source, "");
  return denial.path.startsWith(start)
    ? { ...denial, path: denial.path.slice(start.length) }
    : denial;
}

/** Why storage gives nothing; a store's reason is a sentence, the system's a name. */
function reasonOf(found: Extract<Outcome, { kind: "failed" | "exhausted" }>): string {
  if (found.kind === "exhausted") return "no memory left";
  return found.gateway === undefined ? `the system says ${found.code}` : found.code;
}

/** The first octets of a small file; undefined when it is large, or can't be read. */
function beginningOf(file: OpenFile): Uint8Array | undefined {
  if (file.content !== undefined) return file.content.subarray(0, beginningBytes);
  if (file.size > lookedIntoBytesMax) return undefined;
  const octets = new Uint8Array(beginningBytes);
  const count = file.read(octets, 0);
  return count < 0 ? undefined : octets.subarray(0, count);
}

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Audits `site`; ends early when `signal` is aborted. */
export function audit(site: AuditedSite, signal?: AbortSignal): Promise<AuditReport> {
  return new Audit(site).run(signal);
}

/** A finding's path for people to read. */
export function shownPath({ path }: Finding): string {
  return displayName(path);
}
