import { describe, expect, test } from "bun:test";

import { readCommandLine } from "../../../src/cli/options/command-line.ts";
import { allFlags, commonFlags, flagsAbout } from "../../../src/cli/options/flag-list.ts";
import { optionFlags } from "../../../src/cli/options/option-flag.ts";
import { topics } from "../../../src/cli/options/option.ts";

function complaint(word: string): string {
  const command = readCommandLine([word], {});
  return command.ok ? "accepted" : command.error;
}

function flag(wanted: string): unknown {
  return allFlags().find(({ name }) => name === wanted);
}

describe("the listed flags", () => {
  test("are all that there are, each once, and each is read by its names", () => {
    expect(allFlags().length).toBe(optionFlags().length);
    for (const { name, short, opposite } of allFlags()) {
      for (const word of [`--${name}`, short && `-${short}`, opposite && `--${opposite}`]) {
        if (word !== undefined) expect(complaint(word)).not.toStartWith("unknown option");
      }
    }
  });

  test("have their topic's head first", () => {
    expect(flagsAbout("listening")[0]?.name).toBe("port");
    expect(flagsAbout("output")[0]?.name).toBe("quiet");
    expect(topics.every((topic) => flagsAbout(topic).length > 0)).toBe(true);
  });

  test("tell how a value is written, and what it may be", () => {
    expect(flag("post")).toMatchObject({
      value: { placeholder: "WHAT", choices: ["form", "echo", "upload", "off"] },
      default: "form",
    });
    expect(flag("no-listing")).toMatchObject({ opposite: "listing" });
    expect(flag("explain")).toMatchObject({ short: "x", opposite: "no-explain" });
    expect(flag("port")).toMatchObject({ environment: "PORT", default: "9001" });
    expect(flag("cors")).toMatchObject({ repeats: true, value: { isOptional: "behind =" } });
    expect(flag("config")).toMatchObject({ value: { names: "file" } });
    expect(flag("record")).toMatchObject({ value: { names: "folder" } });
    expect(flag("throttle")).toMatchObject({
      value: { choices: ["3g", "4g", "dsl"], isOpen: true },
    });
    expect(flag("help")).toMatchObject({ value: { isOptional: "next word" } });
    expect(flag("no-config")).not.toHaveProperty("opposite");
  });

  test("are few where nothing is asked", () => {
    const common = commonFlags().map(({ name }) => name);
    expect(common).toContain("port");
    expect(common.length).toBeLessThanOrEqual(12);
  });
});
