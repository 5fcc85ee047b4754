import { describe, expect, test } from "bun:test";

import { commands } from "../../../src/cli/help/command-table.ts";
import { helpText, topicTitles } from "../../../src/cli/help/help-text.ts";
import { allFlags, flagsAbout } from "../../../src/cli/options/flag-list.ts";
import { topics } from "../../../src/cli/options/option.ts";

function help(asked?: string): string {
  const text = helpText(asked);
  return text.ok ? text.value : `postern: ${text.error}`;
}

/** The options that `text` describes, by their names. */
function described(text: string): string[] {
  return [...text.matchAll(/^ {2}(?:-\w, | {4})--([\w-]+)/gm)].map(([, name = ""]) => name);
}

describe("the help", () => {
  test("names the commands, the topics, and a few options, on one screen", () => {
    const text = help();
    for (const { name } of commands) expect(text).toContain(`  postern ${name}`);
    for (const topic of topics)
      expect(text).toContain(`  ${topic.padEnd(12)} ${topicTitles[topic]}`);
    expect(described(text)).toContain("port");
    expect(text.split("\n").length).toBeLessThan(60);
  });

  test("about a topic has its options and no others", () => {
    for (const topic of topics) {
      expect(described(help(topic))).toEqual(flagsAbout(topic).map(({ name }) => name));
      expect(help(topic)).toStartWith(`${topic}: ${topicTitles[topic]}\n`);
    }
    expect(help("Uploads")).toBe(help("uploads"));
  });

  test("about all has every option", () => {
    expect(described(help("all"))).toEqual(allFlags().map(({ name }) => name));
  });

  test("about an option has that one, however it is called", () => {
    for (const name of ["listing", "no-listing", "--no-listing"]) {
      expect(described(help(name))).toEqual(["no-listing"]);
      expect(help(name)).toEndWith("More like it: --help access\n");
    }
    expect(described(help("l"))).toEqual(["log"]);
  });

  test("about what there isn't names the nearest", () => {
    expect(help("uplods")).toBe(
      "postern: no topic and no option is called uplods: did you mean uploads?",
    );
    expect(help("symlink")).toBe(
      "postern: no topic and no option is called symlink: did you mean symlinks?",
    );
    expect(help("kitchen")).toBe(
      "postern: no topic and no option is called kitchen; --help lists the topics",
    );
  });

  test("fits 80 columns, and paints its headings and nothing else", () => {
    for (const asked of [undefined, "all", ...topics]) {
      for (const line of help(asked).split("\n")) expect(line.length).toBeLessThanOrEqual(80);
      const painted = helpText(asked, (style, text) => `<${style}>${text}</>`);
      const bare = painted.ok ? painted.value.replaceAll(/<bold>|<\/>/g, "") : "";
      expect(painted).not.toEqual(helpText(asked));
      expect(bare).toBe(help(asked));
    }
  });
});
