/**
 * The subjects of the race: each is a few files in a folder of its own, which go from version to
 * version, one change at a time. The expected answer follows from the version's number, so that a
 * client can judge an answer without waiting for the thread that makes the changes.
 *
 * Versions are hard to tell apart by metadata: most have the same size and mtime, and many have the
 * inode number of the version before the last.
 */

import * as fs from "node:fs";
import { join } from "node:path";

import type { Answer } from "./client.ts";

/** The mtime of all files, in seconds since 1970. */
const longAgo = 1_600_000_000;
const farAhead = 4_000_000_000;

const digits = (version: number): string => String(version).padStart(7, "0");

/** The content of a file at `version`: `lines` lines that each contain the version. */
export function contentOf(version: number, lines = 3): string {
  return `v${digits(version)}\n`.repeat(lines);
}

/** A subject's files on disk. */
export class Plot {
  readonly #root: string;
  readonly #folder: string;
  readonly #aside: string;

  /**
   * `folder` is below `root`. Paths that begin with `aside` are not served; only this plot uses
   * them.
   */
  constructor(root: string, folder: string, aside: string) {
    this.#root = root;
    this.#folder = folder;
    this.#aside = aside;
  }

  at(name: string): string {
    return join(this.#root, this.#folder, name);
  }

  aside(name: string): string {
    return `${this.#aside}-${name}`;
  }

  folder(path: string): void {
    fs.mkdirSync(path, { recursive: true });
    fs.chmodSync(path, 0o755);
  }

  /** Puts a file in place by a rename, replacing what is there. */
  put(path: string, content: string, mode = 0o644): void {
    const fresh = this.aside("new");
    fs.writeFileSync(fresh, content);
    fs.chmodSync(fresh, mode);
    fs.utimesSync(fresh, longAgo, longAgo);
    fs.renameSync(fresh, path);
  }

  /** Puts a symbolic link in place by a rename. */
  link(path: string, target: string): void {
    const fresh = this.aside("new");
    fs.symlinkSync(target, fresh);
    fs.renameSync(fresh, path);
  }

  /** Overwrites a file in one call. The size stays the same if `content` has the same length. */
  overwrite(path: string, content: string): void {
    fs.writeFileSync(path, content, { flag: "r+" });
  }

  setMtime(path: string, seconds: number): void {
    fs.utimesSync(path, seconds, seconds);
  }
}

/** A kind of change. */
export interface Kind {
  readonly name: string;
  /** The path to request, relative to the subject's folder. */
  readonly path: string;
  readonly fields?: string;
  readonly method?: "POST";
  /** Whether only one subject of this kind can exist, since its files are in the root. */
  readonly isAlone?: true;
  /** Whether the content of an error response shows the version. */
  readonly isErrorPage?: true;
  /** Whether an unfinished change is visible: as nothing, or as parts of two versions. */
  readonly isTorn?: true;
  /** What else an unfinished change may look like. */
  readonly inBetween?: string;
  /** The number of versions after which the changes repeat. */
  readonly cycle: number;
  /** Writes version 0. */
  setUp(plot: Plot): void;
  /** Changes the files from the previous version to `version`. */
  step(plot: Plot, version: number): void;
  /** The answer that `version` requires, in the words of `describe`. */
  expected(version: number): string;
}

const shown = (version: number, lines = 3, coding = ""): string =>
  `200 ${coding === "" ? "" : `${coding} `}${digits(version)} x${lines}`;

/** A kind with one file of three lines, in which each version replaces the one before. */
function editing(
  name: string,
  edit: (plot: Plot, version: number) => void,
  more: Partial<Kind> = {},
): Kind {
  return {
    name,
    path: "a.txt",
    cycle: 1,
    setUp: (plot) => plot.put(plot.at("a.txt"), contentOf(0)),
    step: edit,
    expected: (version) => shown(version),
    ...more,
  };
}

/** The folder `way` loses and regains o+x, and then the file below it changes. */
function closing(name: string, way: string): Kind {
  const file = "upper/lower/a.txt";
  return {
    name,
    path: file,
    cycle: 3,
    setUp(plot) {
      for (const folder of ["upper", "upper/lower"]) plot.folder(plot.at(folder));
      plot.put(plot.at(file), contentOf(0));
    },
    step(plot, version) {
      if (version % 3 === 0) plot.put(plot.at(file), contentOf(version));
      else fs.chmodSync(plot.at(way), version % 3 === 1 ? 0o754 : 0o755);
    },
    expected: (version) => (version % 3 === 1 ? "403" : shown(version - (version % 3))),
  };
}

/** The path of the folder of `version` while another folder is in its place. */
function apart(plot: Plot, version: number): string {
  return plot.aside(String(Math.floor(version / 2) % 2));
}

/** The folder `way` is moved away, and with the next change another folder takes its place. */
function swapping(name: string, way: string, inside: string): Kind {
  return {
    name,
    path: `${way}/${inside}a.txt`,
    cycle: 4,
    setUp(plot) {
      for (const folder of [plot.at(way), apart(plot, 2)]) {
        plot.folder(folder);
        plot.folder(join(folder, inside));
        plot.put(join(folder, inside, "a.txt"), contentOf(0));
      }
    },
    step(plot, version) {
      if (version % 2 === 1) {
        fs.renameSync(plot.at(way), apart(plot, version));
        return;
      }
      const next = apart(plot, version);
      plot.put(join(next, inside, "a.txt"), contentOf(version));
      fs.renameSync(next, plot.at(way));
    },
    expected: (version) => (version % 2 === 0 ? shown(version) : "404"),
  };
}

/** A link is switched to a target that has changed meanwhile, and at times to one outside. */
function switching(name: string, path: string, link: string, targets: readonly string[]): Kind {
  const target = (version: number): string => targets[version % 2] ?? "";
  const fileOf = (version: number): string => `${target(version)}${path.slice(link.length)}`;
  return {
    name,
    path,
    cycle: 6,
    setUp(plot) {
      for (const [i, one] of targets.entries()) {
        if (path !== link) plot.folder(plot.at(one));
        plot.put(plot.at(fileOf(i)), contentOf(0));
      }
      plot.link(plot.at(link), target(0));
    },
    step(plot, version) {
      if (version % 3 === 2) {
        plot.link(plot.at(link), plot.aside(""));
        return;
      }
      plot.put(plot.at(fileOf(version)), contentOf(version));
      plot.link(plot.at(link), target(version));
    },
    expected: (version) => (version % 3 === 2 ? "404" : shown(version)),
  };
}

/**
 * Precompressed files are added and removed beside `file`, and so is their permission. For a while
 * `file` is newer than they are.
 */
function accompanying(name: string, path: string, file: string): Kind {
  const [gz, br] = [`${file}.gz`, `${file}.br`];
  const steps: readonly ((plot: Plot, content: string) => void)[] = [
    (plot) => {
      fs.unlinkSync(plot.at(gz));
      fs.unlinkSync(plot.at(br));
    },
    (plot, content) => plot.put(plot.at(gz), content),
    (plot, content) => plot.put(plot.at(gz), content),
    (plot, content) => plot.put(plot.at(br), content),
    (plot) => fs.chmodSync(plot.at(br), 0o640),
    (plot) => fs.chmodSync(plot.at(br), 0o644),
    (plot) => plot.setMtime(plot.at(file), farAhead),
    (plot) => plot.setMtime(plot.at(file), longAgo),
  ];
  return {
    name,
    path,
    fields: "Accept-Encoding: gzip, br\r\n",
    cycle: steps.length,
    setUp: (plot) => plot.put(plot.at(file), contentOf(0)),
    step: (plot, version) => steps[version % steps.length]?.(plot, contentOf(version)),
    expected(version) {
      const forms = [
        shown(0),
        shown(version, 3, "gzip"),
        shown(version, 3, "gzip"),
        shown(version, 3, "br"),
        shown(version - 2, 3, "gzip"),
        shown(version - 2, 3, "br"),
        shown(0),
        shown(version - 4, 3, "br"),
      ];
      return forms[version % steps.length] ?? "";
    },
  };
}

/** A file in the root is added, edited in place and removed. `without` is the answer without it. */
function standing(name: string, file: string, status: number, without: string): Kind {
  return {
    name,
    path: "",
    isAlone: true,
    isTorn: true,
    cycle: 3,
    setUp: (plot) => plot.put(plot.at(file), contentOf(0)),
    step(plot, version) {
      if (version % 3 === 0) plot.put(plot.at(file), contentOf(version));
      else if (version % 3 === 1) plot.overwrite(plot.at(file), contentOf(version));
      else fs.unlinkSync(plot.at(file));
    },
    expected: (version) =>
      version % 3 === 2 ? without : `${status} ${shown(version).slice("200 ".length)}`,
  };
}

/** A listing shows a size that changes without a change of the folder. */
function growing(name: string, settle: (plot: Plot, file: string) => void): Kind {
  return {
    name,
    path: "folder/",
    cycle: 1,
    setUp(plot) {
      plot.folder(plot.at("folder"));
      plot.folder(plot.at("other"));
      plot.put(plot.at("other/a.txt"), "");
      settle(plot, plot.at("other/a.txt"));
    },
    step: (plot, version) => fs.truncateSync(plot.at("folder/a.txt"), version),
    expected: (version) => `200 ${digits(version)}`,
  };
}

/** All kinds of changes. */
export const kinds: readonly Kind[] = [
  editing("an edit in place", (plot, v) => plot.overwrite(plot.at("a.txt"), contentOf(v)), {
    isTorn: true,
  }),
  editing(
    "an edit in place, dated back",
    (plot, v) => {
      plot.overwrite(plot.at("a.txt"), contentOf(v));
      plot.setMtime(plot.at("a.txt"), longAgo);
    },
    { isTorn: true },
  ),
  editing(
    "an edit in place of another size",
    (plot, v) => fs.writeFileSync(plot.at("a.txt"), contentOf(v, 1 + (v % 4))),
    {
      isTorn: true,
      setUp: (plot) => plot.put(plot.at("a.txt"), contentOf(0, 1)),
      expected: (version) => shown(version, 1 + (version % 4)),
    },
  ),
  editing("a rename over", (plot, v) => plot.put(plot.at("a.txt"), contentOf(v))),
  editing(
    "a rename over a large file",
    (plot, v) => plot.put(plot.at("a.txt"), contentOf(v, 4000)),
    {
      setUp: (plot) => plot.put(plot.at("a.txt"), contentOf(0, 4000)),
      expected: (version) => shown(version, 4000),
    },
  ),
  editing(
    "a rename over what is compressed here",
    (plot, v) => plot.put(plot.at("a.txt"), contentOf(v, 200)),
    {
      fields: "Accept-Encoding: gzip\r\n",
      setUp: (plot) => plot.put(plot.at("a.txt"), contentOf(0, 200)),
      expected: (version) => shown(version, 200, "gzip"),
    },
  ),
  editing(
    "removal and return",
    (plot, v) => {
      if (v % 2 === 1) fs.unlinkSync(plot.at("a.txt"));
      else plot.put(plot.at("a.txt"), contentOf(v));
    },
    { cycle: 2, expected: (version) => (version % 2 === 0 ? shown(version) : "404") },
  ),
  editing(
    "chmod o-r and o+r",
    (plot, v) => {
      if (v % 3 === 0) plot.overwrite(plot.at("a.txt"), contentOf(v));
      else fs.chmodSync(plot.at("a.txt"), v % 3 === 1 ? 0o640 : 0o644);
    },
    {
      cycle: 3,
      isTorn: true,
      expected: (version) => (version % 3 === 1 ? "403" : shown(version - (version % 3))),
    },
  ),
  closing("chmod o-x and o+x one level above", "upper/lower"),
  closing("chmod o-x and o+x two levels above", "upper"),
  swapping("a swap of the folder above", "upper", ""),
  swapping("a swap of the folder two levels above", "upper", "lower/"),
  switching("a link that is switched", "link.txt", "link.txt", ["a.txt", "b.txt"]),
  switching("a link on the way that is switched", "link/a.txt", "link", ["one", "two"]),
  editing("an edit behind a link", (plot, v) => plot.overwrite(plot.at("a.txt"), contentOf(v)), {
    path: "link.txt",
    isTorn: true,
    setUp(plot) {
      plot.put(plot.at("a.txt"), contentOf(0));
      plot.link(plot.at("link.txt"), "a.txt");
    },
  }),
  accompanying("forms made ahead", "a.txt", "a.txt"),
  accompanying("forms of an index made ahead", "", "index.html"),
  editing(
    "an index that comes and goes",
    (plot, v) => {
      if (v % 3 === 0) fs.unlinkSync(plot.at("index.html"));
      else if (v % 3 === 1) plot.put(plot.at("index.html"), contentOf(v));
      else plot.overwrite(plot.at("index.html"), contentOf(v));
    },
    {
      path: "",
      cycle: 3,
      isTorn: true,
      setUp: () => {},
      expected: (version) => (version % 3 === 0 ? "200 none" : shown(version)),
    },
  ),
  {
    name: "a folder's entries, and who may see them",
    path: "folder/",
    cycle: 3,
    // A rename is one change of the tree, but a reader in the middle of the folder may miss it.
    isTorn: true,
    setUp(plot) {
      plot.folder(plot.at("folder"));
      plot.put(plot.at(`folder/v${digits(0)}`), "");
    },
    step(plot, version) {
      const named = (one: number): string => plot.at(`folder/v${digits(one)}`);
      if (version % 3 === 1) fs.renameSync(named(version - 1), named(version));
      else if (version % 3 === 2) fs.chmodSync(plot.at("folder"), 0o751);
      else {
        fs.renameSync(named(version - 2), named(version));
        fs.chmodSync(plot.at("folder"), 0o755);
      }
    },
    expected: (version) => (version % 3 === 2 ? "403" : `200 ${digits(version)}`),
  },
  growing("a size in a listing", (plot, file) => {
    fs.renameSync(file, plot.at("folder/a.txt"));
  }),
  growing("a size behind a link in a listing", (plot) => {
    plot.link(plot.at("folder/a.txt"), "../other/a.txt");
  }),
  {
    name: "a file that becomes a folder",
    path: "a",
    cycle: 4,
    setUp: (plot) => plot.put(plot.at("a"), contentOf(0)),
    step(plot, version) {
      if (version % 4 === 0) plot.put(plot.at("a"), contentOf(version));
      else if (version % 4 === 1) fs.unlinkSync(plot.at("a"));
      else if (version % 4 === 2) {
        plot.folder(plot.aside("folder"));
        fs.renameSync(plot.aside("folder"), plot.at("a"));
      } else fs.rmdirSync(plot.at("a"));
    },
    expected: (version) => [shown(version), "404", "308", "404"][version % 4] ?? "",
  },
  { ...standing("404.html", "404.html", 404, "404 none"), path: "nowhere", isErrorPage: true },
  {
    ...standing("403.html", "403.html", 403, "403 none"),
    path: "private/",
    isErrorPage: true,
    setUp(plot) {
      plot.put(plot.at("403.html"), contentOf(0));
      plot.folder(plot.at("private"));
      fs.chmodSync(plot.at("private"), 0o750);
    },
  },
  {
    ...standing("the form page", "MyForm.html", 200, "405"),
    path: "anything",
    method: "POST",
    fields: "Content-Length: 0\r\n",
    // The page existed when the head of the request arrived, and not when its body was read.
    inBetween: "404",
  },
];

/** A subject of a kind, with a folder of its own. */
export class Subject {
  readonly kind: Kind;
  readonly name: string;
  readonly path: string;
  readonly #plot: Plot;

  /** `base` is the folder that contains `site`, which is served. */
  constructor(base: string, kind: Kind, copy: number) {
    this.kind = kind;
    this.name = `${kind.name}, ${copy}`;
    const folder = kind.isAlone === true ? "" : `k${kinds.indexOf(kind)}/c${copy}/`;
    this.path = `/${folder}${kind.path}`;
    const aside = join(base, "aside", `${kinds.indexOf(kind)}-${copy}`);
    this.#plot = new Plot(join(base, "site"), folder, aside);
  }

  /** Writes version 0 and all further versions up to `version`. */
  setUp(version: number): void {
    for (const folder of ["..", "."]) this.#plot.folder(this.#plot.at(folder));
    this.#plot.folder(join(this.#plot.aside(""), ".."));
    this.kind.setUp(this.#plot);
    for (let v = 1; v <= version; v++) this.step(v);
  }

  step(version: number): void {
    this.kind.step(this.#plot, version);
  }

  /** A request for the subject; `more` are further field lines. */
  request(more = ""): string {
    const { method = "GET", fields = "" } = this.kind;
    return `${method} ${this.path} HTTP/1.1\r\nHost: localhost\r\n${fields}${more}\r\n`;
  }

  /** What `answer` shows, in few words. */
  describe({ status, coding, body }: Answer): string {
    const { isErrorPage = false } = this.kind;
    if (status >= 300 && !isErrorPage) return String(status);
    return [String(status), ...(coding === "" ? [] : [coding]), summarize(body)].join(" ");
  }

  /**
   * What is wrong with an answer that shows `seen`, when version `inPlace` was in place at the
   * request and version `begun` had begun at the end of the answer; `undefined` if it is fresh.
   */
  fault(seen: string, inPlace: number, begun: number): string | undefined {
    for (let version = inPlace; version <= begun; version++) {
      if (this.kind.expected(version) === seen) return undefined;
    }
    if (inPlace < begun && this.#isHalf(seen, inPlace, begun)) return undefined;
    const bounds = inPlace === begun ? `version ${begun}` : `versions ${inPlace} to ${begun}`;
    return `${this.name}: ${seen}, not ${this.kind.expected(inPlace)} (${bounds})`;
  }

  /** Whether `seen` is an unfinished change, composed of nothing but the versions in question. */
  #isHalf(seen: string, inPlace: number, begun: number): boolean {
    const { isTorn = false, inBetween } = this.kind;
    if (seen === inBetween) return true;
    if (!isTorn) return false;
    const expected: string[] = [];
    for (let v = inPlace; v <= begun; v++) expected.push(this.kind.expected(v));
    const parts = [seen.slice(0, "200".length), ...(seen.match(/\d{7}/g) ?? [])];
    return parts.every((part) => expected.some((whole) => whole.includes(part)));
  }
}

/** "0000007 x3" for three complete lines of version 7; otherwise all versions that occur. */
function summarize(body: Uint8Array): string {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  const octets = isGzip ? Bun.gunzipSync(new Uint8Array(body)) : body;
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
  const lines = Math.floor(text.length / 9);
  if (lines > 0 && text === text.slice(0, 9).repeat(lines)) return `${text.slice(1, 8)} x${lines}`;
  const names = Array.from(text.matchAll(/v(\d{7})/g), ([, name]) => name);
  const sizes = Array.from(text.matchAll(/>a\.txt<.*?title="(\d+) bytes"/g), ([, size]) =>
    digits(Number(size)),
  );
  const versions = new Set(names.length > 0 ? names : sizes);
  return versions.size === 0 ? "none" : [...versions].join(" ");
}
