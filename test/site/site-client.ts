/**
 * A client of a site, without a connection: the site is opened as a server opens it, and each
 * request comes at a moment of its own.
 */

import type { Scheme } from "../../src/http/message/target.ts";
import { SystemClock } from "../../src/schedule/clock.ts";
import { EventLoop } from "../../src/schedule/event-loop.ts";
import { LogicalClock } from "../../src/schedule/logical-clock.ts";
import type { Scheduler } from "../../src/schedule/scheduler.ts";
import { TurnBudgets } from "../../src/schedule/turn-budgets.ts";
import type { Answer } from "../../src/site/endpoint.ts";
import { RouteTable } from "../../src/site/library/route-endpoint.ts";
import { Live } from "../../src/site/live/live.ts";
import type { LiveReport } from "../../src/site/observer.ts";
import type { OpenSite, SiteSurroundings } from "../../src/site/open-site.ts";
import { openSite } from "../../src/site/open-site.ts";
import type { Request } from "../../src/site/request.ts";
import type { CompleteSiteOptions, SiteOptions } from "../../src/site/site-options.ts";
import { defaultSiteOptions } from "../../src/site/site-options.ts";
import { containPath } from "../../src/tree/path.ts";
import type { OpenFile } from "../../src/tree/tree.ts";
import { View } from "../../src/tree/view.ts";
import { requestOf } from "./fake-request.ts";
import type { ShownResponse } from "./shown-response.ts";
import { show } from "./shown-response.ts";

/** The options of a site, and the scheme of its server. */
export interface SiteClientOptions extends Omit<SiteOptions, "root"> {
  readonly scheme?: Scheme;
}

/** All options of a site at `root`, those that are left out by their defaults. */
function complete(root: string, options: Omit<SiteOptions, "root">): CompleteSiteOptions {
  return { ...defaultSiteOptions, ...options, root };
}

export class SiteClient {
  /** Routes beside the tree. */
  readonly routes = new RouteTable(() => this.opened.site.endpointsChanged());
  readonly surroundings: SiteSurroundings;
  opened: OpenSite;
  /** Live reload, if an option has asked for it, and what it has reported. */
  live: Live | undefined;
  readonly liveReports: LiveReport[] = [];

  /** Opens the site at `root`. Throws a `ServeError` when there can't be one. */
  constructor(root: string, { scheme = "http", ...options }: SiteClientOptions = {}) {
    const scheduler = new EventLoop();
    this.surroundings = {
      routes: this.routes,
      clock: new SystemClock(scheduler),
      logicalClock: new LogicalClock(),
      budgets: new TurnBudgets(scheduler),
      scheme,
      hostNames: () => [],
      live: () => (this.live ??= this.#openLive(scheduler)),
    };
    this.opened = openSite(complete(root, options), this.surroundings);
  }

  #openLive(scheduler: Scheduler): Live {
    return new Live({
      scheduler,
      clock: new SystemClock(scheduler),
      report: (report) => void this.liveReports.push(report),
      failed: (reason) => {
        throw new Error(reason);
      },
    });
  }

  get tree(): OpenSite["tree"] {
    return this.opened.tree;
  }

  get limits(): OpenSite["limits"] {
    return this.opened.limits;
  }

  /** Opens another site in its place, as a server that reloads does. */
  reload(root: string, options: Omit<SiteOptions, "root">): void {
    const next = openSite(complete(root, options), this.surroundings);
    this.opened.tree.close();
    this.opened = next;
  }

  /** What the site answers to `request`, which comes now. */
  answer(request: Request): Answer {
    return this.opened.site.answer(request, this.surroundings.logicalClock.tick());
  }

  /** The file at `path` of the site's tree, open. */
  async open(path: string, view = View.anew(0)): Promise<OpenFile> {
    const contained = containPath(path);
    if (!contained.ok) throw new Error(`${path}: ${contained.error}`);
    const found = await this.tree.open(contained.value, view);
    if (found.kind !== "file") throw new Error(`${path}: ${found.kind}`);
    return found.file;
  }

  /** What is answered to a request, shown. */
  async ask(
    line: string,
    fields: Readonly<Record<string, string>> = {},
    body?: string | Uint8Array,
  ): Promise<ShownResponse> {
    return show(await this.answer(requestOf(line, fields, body)));
  }
}
