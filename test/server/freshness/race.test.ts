/**
 * Every change of the tree is visible to the first request that is sent after it. A server with a
 * cache must validate its entries, and each test is about a way of validating them insufficiently.
 *
 * FRESHNESS_REQUESTS=1000000 sets the length of the race. A file system whose clock ticks slowly,
 * as on Linux before 6.13, makes stale answers more likely. As root, this uses one that ticks at
 * 250 Hz:
 *
 *   unshare -m sh -c 'mount -t ramfs none /mnt && TMPDIR=/mnt exec bun run test:race'
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { Command } from "../../cli/command.ts";
import type { Question } from "./client.ts";
import { FreshnessClient } from "./client.ts";
import { Ledger } from "./ledger.ts";
import type { Mutation } from "./mutator.ts";
import { contentOf, kinds, Plot, Subject } from "./subjects.ts";
import type { Then } from "./watch.ts";
import { Stream, Watch } from "./watch.ts";

const requestsMin = Number(process.env["FRESHNESS_REQUESTS"] ?? 100_000);
const changesMin = requestsMin / 20;

/** The number of subjects of each kind. Each has files of its own. */
const copies = 50;
/** How often each subject is tried by itself. */
const rounds = 4;

/** After this time without a change a server may trust a file's timestamps. */
const settleMs = 300;
/** A tick of the file system's clock at CONFIG_HZ=100, the slowest on Linux. */
const tickMs = 10;

/** The timeout of long tests, generous for a busy machine. */
const unhurriedMs = 300_000;

const root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "postern-fresh-")));

/** A folder that contains `site`, which a process of its own serves. */
class ServedFolder implements AsyncDisposable {
  readonly base: string;
  readonly site: string;
  readonly #command: Command;
  readonly #port: Promise<number>;

  constructor(name: string, words: readonly string[] = []) {
    this.base = join(root, name);
    this.site = join(this.base, "site");
    fs.mkdirSync(join(this.base, "aside"), { recursive: true });
    fs.mkdirSync(this.site);
    const common = ["--port", "0", "--ready", "json", "--quiet"];
    this.#command = new Command([this.site, ...common, ...words]);
    this.#port = this.#command.line().then((line = "") => {
      const { port } = JSON.parse(line) as { port: number };
      return port;
    });
  }

  async connect(): Promise<FreshnessClient> {
    return await FreshnessClient.connect(await this.#port);
  }

  /** The files in a subfolder of `site`. */
  plot(folder: string): Plot {
    const plot = new Plot(this.site, folder, join(this.base, "aside", `plot-${folder}`));
    plot.folder(plot.at("."));
    return plot;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#command[Symbol.asyncDispose]();
  }
}

function request(path: string, fields = "", method = "GET"): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
}

/** The version that `octets` show. */
function shownBy(octets: Uint8Array): string {
  return /v\d{7}/.exec(new TextDecoder().decode(octets))?.[0] ?? "none";
}

const served = new ServedFolder("subjects");
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  fs.rmSync(root, { recursive: true });
}, unhurriedMs);

/** The subjects: each kind `copies` times, or once if it can only exist once. */
const cast = Array.from({ length: copies }, (_, copy) =>
  kinds.filter((kind) => copy === 0 || kind.isAlone !== true).map((kind) => ({ kind, copy })),
).flat();
const subjects = cast.map(({ kind, copy }) => new Subject(served.base, kind, copy));
const memory = Ledger.memoryFor(subjects.length);
const ledger = new Ledger(memory);

/** All subjects in turn. A kind with one subject occurs as often as the others. */
const round = Array.from({ length: copies }, (_, copy) =>
  kinds.map((kind) =>
    cast.findIndex((one) => one.kind === kind && (kind.isAlone === true || one.copy === copy)),
  ),
).flat();

beforeAll(async () => {
  for (const [i, { kind, copy }] of cast.entries()) {
    const version = copy % kind.cycle;
    subjects[i]?.setUp(version);
    ledger.set(i, version);
  }
  const big = served.plot("big");
  for (let i = 0; i < 300; i++) fs.writeFileSync(big.at(`${i}.txt`), "");
  big.put(join(served.site, "large.bin"), contentOf(0, 4000));
  await Bun.sleep(settleMs);
}, unhurriedMs);

/** Writes the next version, in this thread. */
function change(index: number): void {
  ledger.change(index, (version) => subjects[index]?.step(version));
}

/** Fails the test if there were stale answers, and shows some of them. */
function expectFresh({ faults }: Watch): void {
  expect({ stale: faults.length, some: faults.slice(0, 12) }).toEqual({ stale: 0, some: [] });
}

/** Changes a subject that was requested and may be cached, and then changes it again at once. */
async function tryChanges(client: FreshnessClient, watch: Watch, index: number): Promise<void> {
  const tagged = index % 2 === 1;
  await watch.ask(client, [index, index]);
  change(index);
  await watch.ask(client, [index], tagged);
  change(index);
  await watch.ask(client, [index], tagged);
}

async function tryOneByOne(): Promise<void> {
  const watch = new Watch(subjects, ledger);
  const client = await served.connect();
  for (let i = 0; i < rounds; i++) {
    for (const index of round) await tryChanges(client, watch, index);
  }
  client.close();
  expectFresh(watch);
  expect(watch.total).toBe(rounds * round.length * 4);
}

/** The same, while another connection keeps asking for the subject that is tried. */
async function tryBesideStream(): Promise<void> {
  const watch = new Watch(subjects, ledger);
  const client = await served.connect();
  const other = await served.connect();
  let subject = 0;
  const stream = new Stream(other, (_inFlight, then) => [watch.about(subject, false, then)]);
  for (let i = 0; i < rounds; i++) {
    for (const index of round) {
      subject = index;
      await tryChanges(client, watch, index);
    }
  }
  await stream.stop();
  for (const one of [client, other]) one.close();
  expectFresh(watch);
  expect(watch.overlapping).toBeGreaterThan(0);
}

/**
 * One connection keeps the server busy, so that requests on the two others wait, and are read in
 * the same turn of its event loop: on the second connection the subject, and then a slow request;
 * on the third an unrelated request. When the answer for the subject arrives, the turn isn't over.
 * The subject is then changed, and requested on the third connection before the server reads that
 * one.
 */
async function tryWithinOneTurn(): Promise<void> {
  const watch = new Watch(subjects, ledger);
  const [busy, early, late] = [
    await served.connect(),
    await served.connect(),
    await served.connect(),
  ];
  const slow = request("/big/", "", "HEAD");
  for (const index of round.slice(0, 10 * kinds.length)) {
    await watch.ask(early, [index]);
    const first = busy.answersTo(slow);
    const answered = watch.ask(early, [index]);
    const second = early.answersTo(request("/large.bin"), slow);
    const third = late.answersTo(request("/big/1.txt"));
    await answered;
    change(index);
    await watch.ask(late, [index]);
    await Promise.all([...first, ...second, ...third]);
  }
  for (const one of [busy, early, late]) one.close();
  expectFresh(watch);
}

describe("the very next request after a change", () => {
  const count = `${rounds * copies} times for each of ${kinds.length} kinds`;
  test(`sees it, ${count}`, tryOneByOne, unhurriedMs);
  test(`sees it while another connection asks, ${count}`, tryBesideStream, unhurriedMs);
  test("sees it in the turn in which an earlier one was read", tryWithinOneTurn, unhurriedMs);
});

/** How many more requests a connection sends, given how many answers are to come. */
type Manner = (inFlight: number) => number;

const singly: Manner = () => 1;
const inBatches: Manner = (inFlight) => (inFlight > 0 ? 0 : 2 + Math.floor(Math.random() * 15));
const ahead: Manner = (inFlight) => (inFlight < 8 ? 2 : 0);

/**
 * The groups of connections that ask, one group after the other. A few connections that wait for
 * each answer detect what is stale for microseconds only. Many connections keep the server so busy
 * that it always has several requests to answer.
 */
const crews: readonly { readonly share: number; readonly manners: readonly Manner[] }[] = [
  { share: 0.4, manners: [singly, singly] },
  { share: 0.3, manners: [singly, singly, singly, ahead] },
  { share: 0.3, manners: [singly, inBatches, ahead].flatMap((one) => [one, one, one, one]) },
];

/** Mostly the subject that is about to change or is being changed. */
function pick(): number {
  return Math.random() < 0.8 ? ledger.aim : Math.floor(Math.random() * subjects.length);
}

function askAbout(watch: Watch, then: Then): Question {
  return watch.about(pick(), Math.random() < 0.2, then);
}

/** Has a thread change all subjects until the ledger is stopped; then resolves. */
function changeInThread(): Promise<void> {
  const mutation: Mutation = {
    base: served.base,
    subjects: cast.map(({ kind, copy }) => [kinds.indexOf(kind), copy]),
    ledger: memory,
  };
  const url = new URL("./mutator.ts", import.meta.url);
  const mutator = new Worker(url, { workerData: mutation });
  return new Promise<void>((resolve, reject) => {
    mutator.once("error", reject);
    mutator.once("exit", () => {
      if (ledger.isStopped) resolve();
      else reject(new Error("nothing is changed any more"));
    });
  });
}

/** Opens a connection for each of `manners`, and lets them ask until there were enough changes. */
async function askUntil(
  enough: () => boolean,
  manners: readonly Manner[],
  watch: Watch,
  changed: Promise<void>,
): Promise<void> {
  const clients = await Promise.all(manners.map(() => served.connect()));
  const streams = clients.map(
    (client, i) =>
      new Stream(client, (inFlight, then) =>
        Array.from({ length: manners[i]?.(inFlight) ?? 0 }, () => askAbout(watch, then)),
      ),
  );
  const failed = Promise.race([changed, ...streams.map((stream) => stream.ended)]);
  while (!enough()) await Promise.race([Bun.sleep(5), failed]);
  await Promise.all(streams.map((stream) => stream.stop()));
  for (const client of clients) client.close();
}

async function race(): Promise<void> {
  const watch = new Watch(subjects, ledger);
  const before = ledger.changes;
  const changed = changeInThread();
  let share = 0;
  try {
    for (const crew of crews) {
      share += crew.share;
      const enough = (): boolean =>
        watch.total >= share * requestsMin && ledger.changes - before >= share * changesMin;
      await askUntil(enough, crew.manners, watch, changed);
    }
  } finally {
    ledger.stop();
    await changed;
  }
  expectFresh(watch);
  // For each kind, requests and changes did overlap.
  expect(watch.total).toBeGreaterThanOrEqual(requestsMin);
  expect(watch.overlapping).toBeGreaterThan(0);
  expect([...watch.answers.keys()].toSorted()).toEqual(kinds.map(({ name }) => name).toSorted());
}

describe("changes in another thread", () => {
  const timeMs = unhurriedMs * Math.max(1, requestsMin / 100_000);
  test(`are seen by ${requestsMin} requests that race them`, race, timeMs);
});

/** What a server can tell about a file's version without reading it. */
function identityOf(path: string): string {
  const { ino, size, mtimeNs, ctimeNs } = fs.statSync(path, { bigint: true });
  return [ino, size, mtimeNs, ctimeNs].join(" ");
}

/** Files that are cached in different ways: the name, the request, and the length. */
const forms: readonly { file: string; path: string; fields: string; lines: number }[] = [
  { file: "a.txt", path: "a.txt", fields: "", lines: 3 },
  { file: "index.html", path: "", fields: "", lines: 3 },
  { file: "a.txt", path: "a.txt", fields: "Accept-Encoding: gzip\r\n", lines: 200 },
  { file: "a.txt", path: "a.txt", fields: "", lines: 4000 },
];

/**
 * A write that doesn't change inode, size, mtime and ctime: the second of two writes within one
 * tick of the file system's clock. Where the clock is too precise, a mapping has the same effect:
 * the file's times change when a page is first written to, and not again (mmap(2), "st_ctime and
 * st_mtime"). A server that reads the file between the two writes must not cache what it read.
 */
async function tryWithinOneTick(): Promise<void> {
  await using folder = new ServedFolder("ticks");
  const client = await folder.connect();
  const files = Array.from({ length: 20 }, (_, i) =>
    forms.map(({ file, path, fields, lines }, j) => {
      const plot = folder.plot(`f${i}-${j}`);
      const place = plot.at(file);
      plot.put(place, contentOf(0, lines));
      const mapping = Bun.mmap(place);
      // From now on, writes to these pages don't change the file's times.
      mapping.fill(0);
      plot.overwrite(place, contentOf(0, lines));
      const text = request(`/f${i}-${j}/${path}`, fields);
      return { place, mapping, lines, text, isAskedAtOnce: i % 2 === 0 };
    }),
  ).flat();
  await Bun.sleep(settleMs);

  const stale: string[] = [];
  const expectShown = async (text: string, content: string): Promise<void> => {
    const { body } = await client.answerTo(text);
    const octets = body[0] === 0x1f ? Bun.gunzipSync(new Uint8Array(body)) : body;
    const shown = new TextDecoder().decode(octets);
    if (shown !== content) stale.push(`${text}${shownBy(octets)}, not ${content.slice(0, 8)}`);
  };
  const tricked: { text: string; lines: number }[] = [];
  for (const { text, place, mapping, lines, isAskedAtOnce } of files) {
    await expectShown(text, contentOf(0, lines));
    const startMs = performance.now();
    fs.writeFileSync(place, contentOf(1, lines), { flag: "r+" });
    const before = identityOf(place);
    await expectShown(text, contentOf(1, lines));
    mapping.set(Buffer.from(contentOf(2, lines)));
    // A write that took longer than a tick, or changed the file's times, proves nothing here.
    if (performance.now() - startMs > tickMs || identityOf(place) !== before) continue;
    tricked.push({ text, lines });
    // An entry that was cached too early may be ignored while it looks too new, and be used later.
    if (isAskedAtOnce) await expectShown(text, contentOf(2, lines));
  }
  await Bun.sleep(settleMs);
  for (const { text, lines } of tricked) await expectShown(text, contentOf(2, lines));
  client.close();
  expect(stale).toEqual([]);
  expect(tricked.length).toBeGreaterThan(0);
}

/** A client that has got a large file once, with an entity tag. */
interface Returning {
  readonly path: string;
  readonly entityTag: string;
}

/**
 * The same for large files, whose tags don't depend on their content. A tag that was sent between
 * the two writes must neither match in If-None-Match, nor in If-Range.
 */
async function tryTagsWithinOneTick(): Promise<void> {
  await using folder = new ServedFolder("tags");
  const client = await folder.connect();
  const lines = 8000;
  const files = Array.from({ length: 20 }, (_, i) => {
    const plot = folder.plot(`f${i}`);
    const place = plot.at("a.txt");
    plot.put(place, contentOf(0, lines));
    const mapping = Bun.mmap(place);
    mapping.fill(0);
    plot.overwrite(place, contentOf(0, lines));
    return { place, mapping, path: `/f${i}/a.txt` };
  });
  await Bun.sleep(settleMs);

  const seen: string[] = [];
  const show = async ({ path, entityTag }: Returning): Promise<void> => {
    const revalidation = request(path, `If-None-Match: ${entityTag}\r\n`);
    const resumption = request(path, `Range: bytes=9-\r\nIf-Range: ${entityTag}\r\n`);
    for (const { status, body } of await Promise.all(client.answersTo(revalidation, resumption))) {
      seen.push(`${status} ${shownBy(body)} ${body.length}`);
    }
  };
  const tricked: Returning[] = [];
  for (const { place, mapping, path } of files) {
    const startMs = performance.now();
    fs.writeFileSync(place, contentOf(1, lines), { flag: "r+" });
    const before = identityOf(place);
    const { entityTag } = await client.answerTo(request(path));
    mapping.set(Buffer.from(contentOf(2, lines)));
    if (performance.now() - startMs > tickMs || identityOf(place) !== before) continue;
    tricked.push({ path, entityTag });
    await show({ path, entityTag });
  }
  await Bun.sleep(settleMs);
  for (const returning of tricked) await show(returning);
  expect(new Set(seen)).toEqual(new Set([`200 v0000002 ${lines * 9}`]));

  // By now the file has a tag that stands for this content alone.
  const { path = "" } = tricked[0] ?? {};
  const { entityTag } = await client.answerTo(request(path));
  seen.length = 0;
  await show({ path, entityTag });
  expect(seen).toEqual(["304 none 0", `206 v0000002 ${(lines - 1) * 9}`]);
  client.close();
}

/** Writes two files of one size within one tick. Returns false if the clock is too precise. */
function putTwins(plot: Plot, names: readonly [string, string]): boolean {
  for (let attempt = 0; attempt < 100; attempt++) {
    const times = names.map((name, version) => {
      plot.put(plot.at(name), contentOf(version));
      return identityOf(plot.at(name)).replace(/^\d+ /, "");
    });
    if (times[0] === times[1]) return true;
  }
  return false;
}

/** A path that resolves to one of two files. */
interface Fork {
  readonly path: string;
  readonly isOfTwins: boolean;
  readonly turn: (version: 0 | 1) => void;
}

/** By a link to one of them. */
function forkByLink(plot: Plot, path: string): Fork {
  const isOfTwins = putTwins(plot, ["0.txt", "1.txt"]);
  const turn = (version: 0 | 1): void => plot.link(plot.at("link.txt"), `${version}.txt`);
  turn(0);
  return { path: `${path}/link.txt`, isOfTwins, turn };
}

/** By their folders, one of which is in place. */
function forkByFolder(plot: Plot, path: string): Fork {
  for (const name of ["0", "1"]) plot.folder(plot.at(name));
  const isOfTwins = putTwins(plot, ["0/a.txt", "1/a.txt"]);
  fs.renameSync(plot.at("0"), plot.at("way"));
  const turn = (version: 0 | 1): void => {
    fs.renameSync(plot.at("way"), plot.at(String(1 - version)));
    fs.renameSync(plot.at(String(version)), plot.at("way"));
  };
  return { path: `${path}/way/a.txt`, isOfTwins, turn };
}

async function tryTwins(): Promise<void> {
  await using folder = new ServedFolder("twins");
  const client = await folder.connect();
  const forks = Array.from({ length: 40 }, (_, i) => {
    const fork = i % 2 === 0 ? forkByLink : forkByFolder;
    return fork(folder.plot(`f${i}`), `/f${i}`);
  });
  await Bun.sleep(settleMs);
  const seen: string[] = [];
  for (const { path, turn } of forks) {
    const show = async (): Promise<void> => {
      seen.push(shownBy((await client.answerTo(request(path))).body));
    };
    await show();
    for (const version of [1, 0] as const) {
      turn(version);
      await show();
    }
  }
  client.close();
  const shown = [0, 1, 0].map((version) => contentOf(version, 1).trim());
  expect(seen).toEqual(forks.flatMap(() => shown));
  expect(forks.some(({ isOfTwins }) => isOfTwins)).toBeTrue();
}

describe.skipIf(process.platform !== "linux")(
  "what a file's times don't tell (needs Linux)",
  () => {
    test("two edits within one tick of the clock", tryWithinOneTick, unhurriedMs);
    test("nor what a tag is made of", tryTagsWithinOneTick, unhurriedMs);
    test("files that differ only in their inodes", tryTwins, unhurriedMs);
  },
);

/** A site with error pages of its own, all of one version. */
function buildSite(where: string, version: number): void {
  fs.mkdirSync(where);
  fs.chmodSync(where, 0o755);
  for (const name of ["a.txt", "404.html", "index.html"]) {
    fs.writeFileSync(join(where, name), contentOf(version));
    fs.chmodSync(join(where, name), 0o644);
  }
}

async function tryRoots(): Promise<void> {
  await using folder = new ServedFolder("root");
  const client = await folder.connect();
  const { site } = folder;
  const seen: string[] = [];
  const expected: string[] = [];
  const show = async (): Promise<void> => {
    const paths = ["/a.txt", "/gone", "/"].map((path) => request(path));
    const answers = await Promise.all(client.answersTo(...paths));
    seen.push(...answers.map(({ status, body }) => `${status} ${shownBy(body)}`));
  };
  for (let version = 1; version <= 100; version++) {
    fs.rmSync(site, { recursive: true, force: true });
    await show();
    expected.push("404 none", "404 none", "404 none");
    const other = version % 2 === 0 ? site : join(folder.base, "other");
    buildSite(other, version);
    if (other !== site) fs.renameSync(other, site);
    const name = contentOf(version, 1).trim();
    const now = [`200 ${name}`, `404 ${name}`, `200 ${name}`];
    await show();
    await show();
    expected.push(...now, ...now);
    if (version % 10 === 0) await Bun.sleep(settleMs / 2);
    await show();
    expected.push(...now);
  }
  client.close();
  expect(seen).toEqual(expected);
}

/** With --clean-urls a page is found without its extension, and with --single for every path. */
async function tryOtherNames(): Promise<void> {
  await using folder = new ServedFolder("names", ["--clean-urls", "--single"]);
  const client = await folder.connect();
  const plot = folder.plot("pages");
  const index = join(folder.site, "index.html");
  const seen: string[] = [];
  const expected: string[] = [];
  const show = async (text: string): Promise<void> => {
    const { status, body } = await client.answerTo(text);
    seen.push(`${status} ${shownBy(body)}`);
  };
  const page = (copy: number): string => request(`/pages/p${copy}`);
  const navigation = request("/nowhere", "Sec-Fetch-Dest: document\r\n");
  const pages = 50;
  for (let copy = 0; copy < pages; copy += 2) plot.put(plot.at(`p${copy}.html`), contentOf(0));
  await Bun.sleep(settleMs);
  for (let version = 1; version <= 3; version++) {
    for (let copy = 0; copy < pages; copy++) {
      await show(page(copy));
      seen.pop();
      const isGoing = (copy + version) % 2 === 1;
      if (isGoing) fs.unlinkSync(plot.at(`p${copy}.html`));
      else plot.put(plot.at(`p${copy}.html`), contentOf(version));
      await show(page(copy));
      expected.push(isGoing ? "404 none" : `200 ${contentOf(version, 1).trim()}`);
      if (copy % 2 === 0) plot.put(index, contentOf(copy));
      else fs.unlinkSync(index);
      await show(navigation);
      expected.push(copy % 2 === 0 ? `200 ${contentOf(copy, 1).trim()}` : "404 none");
    }
  }
  client.close();
  expect(seen).toEqual(expected);
}

describe("where a change is easily missed", () => {
  test("a root that is removed and made anew, or has its place taken", tryRoots, unhurriedMs);
  test("a page by another name than its file's", tryOtherNames, unhurriedMs);
});
