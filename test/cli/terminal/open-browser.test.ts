import { expect, spyOn, test } from "bun:test";

import { openBrowser } from "../../../src/cli/terminal/open-browser.ts";

const url = new URL("http://0.0.0.0:9001/");
const server = { url, host: "0.0.0.0", port: 9001, root: "/site;touch x" };

test.each<readonly [platform: string, command: readonly string[]]>([
  ["linux", ["xdg-open"]],
  ["freebsd", ["xdg-open"]],
  ["darwin", ["open"]],
  ["win32", ["rundll32", "url.dll,FileProtocolHandler"]],
])("on %s the browser is opened by its own program, and no shell", (platform, command) => {
  const commands: unknown[] = [];
  const spawn = spyOn(Bun, "spawn").mockImplementation(((words: unknown) => {
    commands.push(words);
    return { unref: () => undefined };
  }) as unknown as typeof Bun.spawn);
  try {
    expect(openBrowser(server, platform).ok).toBe(true);
  } finally {
    spawn.mockRestore();
  }
  expect(commands).toEqual([[...command, "http://localhost:9001/"]]);
});
