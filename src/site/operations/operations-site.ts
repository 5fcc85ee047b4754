/**
 * The site of those who run a server: what it counts, and whether it lives and is ready, under the
 * paths that Prometheus and Kubernetes ask for. It has nothing of the served tree, and a listener
 * of its own, so that no visitor reaches it by the public port.
 *
 * It answers to the hosts that the main site answers to: a page of another site must not read it
 * through a browser on this machine.
 */

import type { Eventual } from "../../base/eventual.ts";
import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { Tree } from "../../tree/tree.ts";
import type { Endpoint } from "../endpoint.ts";
import { hostGuardOf } from "../guards/host-guard.ts";
import { SchemeGuard } from "../guards/scheme-guard.ts";
import { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import { ResponsePacing } from "../response-pacing.ts";
import { Site } from "../site.ts";
import type { CompleteSiteOptions } from "../site-options.ts";

/** What the site tells. */
export interface OperationsContent {
  /** The metrics as text, and its media type; absent where they aren't served here. */
  readonly metrics?: { readonly type: string; readonly text: () => Eventual<string> };
  /**
   * Why the server is not ready for requests; its result is undefined when it is. Absent where
   * health isn't served here.
   */
  readonly unreadiness?: () => string | undefined;
}

/** What the site is made of besides. */
interface OperationsSurroundings {
  readonly limits: Limits;
  readonly budgets: TurnBudgets;
  readonly hostNames: () => readonly string[];
  /** For error pages; no page of the tree is sent. */
  readonly tree: Tree;
}

type Answerer = () => Eventual<Response>;

/** 200 or 503 with one line. No cache may keep it. */
function line(status: 200 | 503, text: string): Response {
  return new ResponseBuilder(status).field("Cache-Control", "no-store").text(`${text}\n`).build();
}

/** The paths of `content`, and what answers each. */
function answerers({ metrics, unreadiness }: OperationsContent): ReadonlyMap<string, Answerer> {
  const all = new Map<string, Answerer>();
  if (metrics !== undefined) {
    all.set("/metrics", () =>
      whenReady(metrics.text(), (text) =>
        new ResponseBuilder(200)
          .field("Cache-Control", "no-store")
          .text(text, metrics.type)
          .build(),
      ),
    );
  }
  if (unreadiness !== undefined) {
    // An event loop that answers is alive; a restart would mend nothing that is wrong besides.
    all.set("/livez", () => line(200, "alive"));
    all.set("/readyz", () => {
      const why = unreadiness();
      return why === undefined ? line(200, "ready") : line(503, `not ready: ${why}`);
    });
  }
  return all;
}

/** Answers GET and HEAD on a few paths, and 404 on all others. */
class OperationsEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #answerers: ReadonlyMap<string, Answerer>;
  readonly #missing: Response;

  constructor(content: OperationsContent) {
    this.#answerers = answerers(content);
    const paths = [...this.#answerers.keys()].join(", ");
    this.#missing = new ResponseBuilder(404).text(`nothing here; there is ${paths}\n`).build();
  }

  methods({ head: { target } }: Request): readonly string[] {
    return "path" in target && this.#answerers.has(target.path) ? ["GET", "HEAD"] : [];
  }

  answer({ head: { method, target } }: Request): Eventual<Response> | undefined {
    if (!("path" in target)) return undefined;
    const answerer = this.#answerers.get(target.path);
    if (answerer === undefined) return this.#missing;
    return method === "GET" || method === "HEAD" ? answerer() : undefined;
  }
}

/** The site that tells `content`, for the hosts of `options`. */
export function openOperationsSite(
  content: OperationsContent,
  options: Pick<CompleteSiteOptions, "allowHosts" | "explain">,
  { limits, budgets, hostNames, tree }: OperationsSurroundings,
): Site {
  const pages = new ErrorPages(tree, limits, options.explain);
  return new Site({
    guards: [...hostGuardOf(options, hostNames, pages), new SchemeGuard("http", pages)],
    endpoints: [new OperationsEndpoint(content)],
    finishers: [],
    pages,
    pacing: new ResponsePacing(budgets.responses, limits),
    limits,
  });
}
