/**
 * Live reload: what it adds to a site, and what it does when the tree changes. There is one for a
 * server, which outlives its sites, so that a reload of the configuration leaves clients connected.
 */

import type { Limits } from "../../base/limits.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { ContainedPath } from "../../tree/path.ts";
import type { TreeChange } from "../../tree/watching/change-gathering.ts";
import type { Tree } from "../../tree/tree.ts";
import { watchTree } from "../../tree/watching/watch-tree.ts";
import type { Endpoint, Finisher } from "../endpoint.ts";
import type { LiveReport } from "../observer.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import { kindsOf } from "./change-kind.ts";
import { LiveEndpoint } from "./live-endpoint.ts";
import { LiveFinisher } from "./live-finisher.ts";
import type { RuleFields } from "./live-pages.ts";
import { LivePages } from "./live-pages.ts";
import { LiveStreams } from "./live-streams.ts";

/** How many refusals are remembered, so that each is reported once. */
const refusalsKeptMax = 100;

/** How many paths a report names. */
const pathsReportedMax = 100;

/** What live reload adds to a site. */
export interface LiveParts {
  readonly endpoint: Endpoint;
  readonly finisher: Finisher;
  readonly pages: LivePages;
}

/** What live reload has to know of a site. */
interface LiveSite {
  readonly pages: ErrorPages;
  readonly limits: Limits;
  /** Where the site is, with a slash at its end. */
  readonly base: ContainedPath;
  readonly ruledFields: RuleFields;
}

/** What `Live` needs. */
interface LiveService {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly report: (report: LiveReport) => void;
  /** Told in a line why live reload can't work. */
  readonly failed: (reason: string) => void;
}

/** A tree that is watched. */
interface WatchedTree {
  readonly tree: Pick<Tree, "folders">;
  readonly hidden: boolean;
  readonly limits: Limits;
}

/** Why changes in `folder` go unseen: the system's error `code`, and what helps. */
function unwatched(folder: string, code: string): string {
  const remedies: Readonly<Record<string, string>> = {
    EMFILE: "; sysctl fs.inotify.max_user_instances is how many watches a user may have",
    ENOSPC: "; sysctl fs.inotify.max_user_watches is how many folders a user may watch",
  };
  const what = `${folder === "" ? "/" : folder} can't be watched: ${code}`;
  return `postern: live reload: ${what}${remedies[code] ?? ""}`;
}

/** The live reload of one server. */
export class Live {
  readonly #service: LiveService;
  readonly #streams: LiveStreams;
  #watch: Disposable | undefined;
  readonly #refusals = new Set<string>();

  constructor(service: LiveService) {
    this.#service = service;
    this.#streams = new LiveStreams(service.clock, service.scheduler.alarm());
  }

  /** The parts of a site. */
  parts({ pages, limits, base, ruledFields }: LiveSite): LiveParts {
    const refused = (target: string, directive: string): void => this.#refuse(target, directive);
    const livePages = new LivePages({ base, ruledFields, refused });
    return {
      endpoint: new LiveEndpoint(this.#streams, pages, limits, base),
      finisher: new LiveFinisher(livePages, base),
      pages: livePages,
    };
  }

  /** Watches the tree of a site, and no other from now on. */
  watch({ tree: { folders }, hidden, limits }: WatchedTree): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    if (folders === undefined) return;
    const { scheduler } = this.#service;
    const told = (change: TreeChange): void => this.tell(change);
    const failed = (folder: string, code: string): void =>
      this.#service.failed(unwatched(folder, code));
    this.#watch = watchTree({ folders, hidden, limits, scheduler, told, failed });
  }

  /** Tells pages of a change. */
  tell(change: TreeChange): void {
    const kinds = kindsOf(change);
    if (kinds.length === 0) return;
    const clients = this.#streams.tell(kinds);
    if (clients.length === 0) return;
    const { paths, isAll } = change;
    const left = paths.length - pathsReportedMax;
    const shown = left > 0 ? paths.slice(0, pathsReportedMax) : paths;
    this.#service.report({
      kind: "changed",
      paths: shown,
      isAll: isAll || left > 0,
      kinds,
      clients,
    });
  }

  #refuse(target: string, directive: string): void {
    const [path = ""] = target.split("?", 1);
    const key = `${path} ${directive}`;
    if (this.#refusals.has(key)) return;
    if (this.#refusals.size === refusalsKeptMax) this.#refusals.clear();
    this.#refusals.add(key);
    this.#service.report({ kind: "refused", path, directive });
  }

  /** Watches no more, and ends all event streams. */
  close(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#streams.close();
  }
}
