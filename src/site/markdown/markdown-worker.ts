/** The program of a thread that renders one Markdown file. */

import { markdownHtml } from "./markdown.ts";

declare const self: Worker;

/** What the thread is asked. */
export interface MarkdownJob {
  readonly text: string;
  readonly prefix: string;
}

/** What it answers: HTML, or that the text is not worth it (see `markdownHtml`). */
export type MarkdownAnswer = { readonly html: string | undefined };

self.addEventListener("message", ({ data: { text, prefix } }: MessageEvent<MarkdownJob>) => {
  self.postMessage({ html: markdownHtml(text, prefix) } satisfies MarkdownAnswer, []);
});
