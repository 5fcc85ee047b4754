import { describe, expect, test } from "bun:test";
import { renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { ownCommand } from "../../../src/cli/process/own-command.ts";
import { TempSite } from "../../temp-site.ts";
import { Command } from "../command.ts";
import { awaitEnd } from "../processes.ts";
import { canActivate } from "./activated.ts";

type Started = NonNullable<Parameters<typeof ownCommand>[0]>;

const here = import.meta.path;

/** A checkout's process; `more` is what differs. */
function started(more: Partial<Started>): Started {
  const argv = ["/usr/bin/bun.real", "/srv/v1/postern.js", "site"];
  const execPath = "/usr/bin/bun.real";
  return {
    argv0: "/none/bun",
    argv,
    execArgv: [],
    execPath,
    given: [],
    isExecutable: false,
    ...more,
  };
}

describe("the command that starts the program anew", () => {
  test("is the one that was given", () => {
    const given = [process.execPath, "--no-env-file", here, "site"];
    const argv0 = process.execPath;
    expect(ownCommand(started({ argv0, execArgv: ["--no-env-file"], given }))).toEqual(given);
  });

  test("has a name that is found by PATH as it was given", () => {
    expect(ownCommand(started({ argv0: "sh" }))[0]).toBe("sh");
  });

  test("has the real paths where the system doesn't tell what was given", () => {
    const real = ["/usr/bin/bun.real", "/srv/v1/postern.js", "site"];
    expect(ownCommand(started({}))).toEqual(real);
    expect(ownCommand(started({ argv0: "no-such-program" }))).toEqual(real);
  });

  test("has the real path of the program where other words were given, or it isn't there", () => {
    for (const given of [
      ["bun", here, "other"],
      ["bun", "/none/postern.js", "site"],
      ["site"],
      [here, "site"],
    ]) {
      expect(ownCommand(started({ given }))[1]).toBe("/srv/v1/postern.js");
    }
  });

  test("of an executable has the path of a file that another one has replaced", () => {
    const execPath = "/srv/postern (deleted)";
    const argv = ["bun", "/$bunfs/root/postern", "site"];
    const executable = { argv0: "/none", argv, execPath, isExecutable: true };
    expect(ownCommand(started(executable))).toEqual(["/srv/postern", "site"]);
  });
});

test.skipIf(!canActivate)("SIGUSR2 takes the version that a link leads to by now", async () => {
  using site = new TempSite();
  const main = JSON.stringify(join(import.meta.dir, "../../../src/cli/main.ts"));
  for (const version of ["one", "two"]) {
    const program = `import { main } from ${main};
process.stdout.write("${version}\\n");
await main(process.argv.slice(2));
`;
    site.file(`${version}.ts`, program);
  }
  const link = join(site.root, "current.ts");
  symlinkSync("one.ts", link);
  const words = [site.root, "--port", "0", "--ready", "json", "--log", "none"];
  await using command = new Command(words, {}, undefined, link);
  expect(await command.line()).toBe("one");
  await command.line();
  symlinkSync("two.ts", join(site.root, "next.ts"));
  renameSync(join(site.root, "next.ts"), link);
  command.signal("SIGUSR2");
  expect(await command.line()).toBe("two");
  const { pid } = JSON.parse((await command.line()) ?? "") as { pid: number };
  expect(await command.status).toBe(0);
  process.kill(pid, "SIGTERM");
  await awaitEnd([pid]);
});
