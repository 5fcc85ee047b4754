import { afterAll, expect, test } from "bun:test";

import type { MarkdownAnswer, MarkdownJob } from "../../../src/site/markdown/markdown-worker.ts";

const program = new URL("../../../src/site/markdown/markdown-worker.ts", import.meta.url);
const worker = new Worker(program);
afterAll(() => worker.terminate());

function answerTo(job: MarkdownJob): Promise<MarkdownAnswer> {
  return new Promise((resolve) => {
    const listener = ({ data }: MessageEvent<MarkdownAnswer>): void => resolve(data);
    worker.addEventListener("message", listener, { once: true });
    worker.postMessage(job, []);
  });
}

test("the thread answers with HTML, or says that there is none", async () => {
  expect(await answerTo({ text: "# a", prefix: "p-" })).toEqual({
    html: '<h2 id="p-a">a</h2>\n',
  });
  expect(await answerTo({ text: ">".repeat(50_000), prefix: "p-" })).toEqual({ html: undefined });
});
