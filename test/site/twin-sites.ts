/**
 * Two sites of one folder, one that caches and one that caches nothing: what they answer has to be
 * the same. How often the first one asks its tree shows what it gives out again.
 */

import { expect, spyOn } from "bun:test";

import type { RequestHead } from "../../src/http/message/request.ts";
import type { Response } from "../../src/http/message/response.ts";
import { CachedResponse } from "../../src/http/message/response.ts";
import type { RouteHandler } from "../../src/site/library/route-request.ts";
import type { Request } from "../../src/site/request.ts";
import type { SiteOptions } from "../../src/site/site-options.ts";
import { repeatedHead, requestOf, requestWith, settledMs } from "./fake-request.ts";
import type { ShownResponse } from "./shown-response.ts";
import { show } from "./shown-response.ts";
import { SiteClient } from "./site-client.ts";

/** What a client asks, and may ask again. */
export interface Asked {
  readonly line: string;
  readonly fields: Readonly<Record<string, string>>;
}

export const ask = (path: string, fields: Asked["fields"] = {}, method = "GET"): Asked => ({
  line: `${method} ${path}`,
  fields,
});

/** What was answered, and how often the tree was asked for that. */
export interface Answered extends ShownResponse {
  readonly response: Response;
  readonly looks: number;
}

export type ReloadOptions = Omit<SiteOptions, "root">;

export class TwinSites {
  /** When requests come, in milliseconds since 1970. */
  nowMs = settledMs();
  readonly #remembering: SiteClient;
  readonly #forgetting: SiteClient;
  readonly #heads = new Map<string, RequestHead>();
  readonly #root: string;
  #looks = 0;

  constructor(root: string, options: ReloadOptions = {}) {
    this.#root = root;
    this.#remembering = new SiteClient(root, options);
    this.#forgetting = new SiteClient(root, this.#forgetful(options));
    this.#countLooks();
  }

  #forgetful(options: ReloadOptions): ReloadOptions {
    return { ...options, limits: { ...options.limits, fileCacheBytesMax: 0 } };
  }

  /** Counts the questions to the tree of the site that remembers. */
  #countLooks(): void {
    const { tree } = this.#remembering;
    for (const question of ["open", "peek", "list"] as const) {
      const original = tree[question].bind(tree) as (...of: unknown[]) => never;
      spyOn(tree, question).mockImplementation((...of: unknown[]) => {
        this.#looks++;
        return original(...of);
      });
    }
  }

  /** Reloads both. */
  reload(options: ReloadOptions, root = this.#root): void {
    this.#remembering.reload(root, options);
    this.#forgetting.reload(root, this.#forgetful(options));
    this.#countLooks();
  }

  /** Adds a route to both. */
  route(method: string, path: string, handler: RouteHandler): void {
    for (const client of [this.#remembering, this.#forgetting]) {
      client.routes.add(method, path, handler);
    }
  }

  /** The head of what was asked before, which is the same object for the same octets. */
  #headOf({ line, fields }: Asked): RequestHead {
    const key = JSON.stringify([line, fields]);
    const head = this.#heads.get(key) ?? repeatedHead(line, fields);
    this.#heads.set(key, head);
    return head;
  }

  /** The answer, which is the same from both. */
  ask(asked: Asked): Promise<Answered> {
    return this.#ask(asked, requestWith(this.#headOf(asked), this.nowMs));
  }

  /** The same for octets that come for the first time. */
  askOnce(asked: Asked): Promise<Answered> {
    return this.#ask(asked, this.#newRequest(asked));
  }

  #newRequest({ line, fields }: Asked): Request {
    return { ...requestOf(line, fields), receivedMs: this.nowMs };
  }

  async #ask(asked: Asked, request: Request): Promise<Answered> {
    const before = this.#looks;
    const response = await this.#remembering.answer(request);
    const looks = this.#looks - before;
    const shown = show(response);
    expect(shown).toEqual(show(await this.#forgetting.answer(this.#newRequest(asked))));
    return { ...shown, response, looks };
  }

  /**
   * The answer to the same octets, four times. In the end it is one that was kept, if `isKept`:
   * the same object, for which the tree is not asked any more.
   */
  async askOften(asked: Asked, isKept = true): Promise<Answered> {
    for (let i = 0; i < 2; i++) await this.ask(asked);
    const third = await this.ask(asked);
    const fourth = await this.ask(asked);
    expect(fourth.looks === 0).toBe(isKept);
    if (isKept) expect(fourth.response).toBe(third.response);
    if (isKept) expect(fourth.response).toBeInstanceOf(CachedResponse);
    return fourth;
  }
}
