/**
 * Renders Markdown files so that none of them holds the event loop up. A short text takes a
 * millisecond at most and is rendered at once. A longer one gets a thread of its own, one after
 * the other, which is ended when it takes too long: the time that a hostile text takes isn't linear
 * in its length. A text that can't be rendered so is shown as it is.
 */

import type { Limits } from "../../base/limits.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import { escapeHtml } from "../pages/markup.ts";
import { markdownHtml } from "./markdown.ts";
import type { MarkdownAnswer, MarkdownJob } from "./markdown-worker.ts";
import { WorkGate } from "../preview/work-gate.ts";

/** A text of up to so many code units is rendered on the event loop. */
const inlineUnitsMax = 4096;

/** `text` as HTML that shows it as it is. */
export function plainHtml(text: string): string {
  return `<pre>${escapeHtml(text)}</pre>\n`;
}

const theProgram = new URL("./markdown-worker.ts", import.meta.url);

/** Renders the Markdown of one site. */
export class MarkdownRenderer {
  readonly #limits: Pick<Limits, "markdownTimeMs">;
  readonly #scheduler: Scheduler;
  readonly #program: URL;
  readonly #gate = new WorkGate(1);

  /** `program` is that of the thread. */
  constructor(
    limits: Pick<Limits, "markdownTimeMs">,
    scheduler: Scheduler,
    program: URL = theProgram,
  ) {
    this.#limits = limits;
    this.#scheduler = scheduler;
    this.#program = program;
  }

  /** `text` as HTML that may stand in a page; the names of its headings begin with `prefix`. */
  async render(text: string, prefix: string): Promise<string> {
    const html =
      text.length <= inlineUnitsMax
        ? markdownHtml(text, prefix)
        : await this.#gate.run(1, () => this.#onThread({ text, prefix }));
    return html ?? plainHtml(text);
  }

  /** Undefined when the thread fails, or takes too long. */
  async #onThread(job: MarkdownJob): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const alarm = this.#scheduler.alarm();
    alarm.set(this.#limits.markdownTimeMs, () => resolve(undefined));
    const thread = new Worker(this.#program, { ref: false });
    thread.addEventListener("message", ({ data }: MessageEvent<MarkdownAnswer>) => {
      resolve(data.html);
    });
    thread.addEventListener("error", (event) => {
      event.preventDefault();
      resolve(undefined);
    });
    thread.addEventListener("close", () => resolve(undefined));
    thread.postMessage(job, []);
    try {
      return await promise;
    } finally {
      alarm.clear();
      thread.terminate();
    }
  }
}
