import { describe, expect, test } from "bun:test";

import { faultsLine, faultsText } from "../../src/cli/faults-command.ts";
import { chanceTable, faultTable } from "../../src/server/faults/fault-table.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";
import { Command } from "./command.ts";

describe("postern faults", () => {
  test("lists each fault with its value, what it does and tests, in 80 columns", async () => {
    await using command = new Command(["faults"]);
    const lines = await command.rest();
    expect(`${lines.join("\n")}\n`).toBe(faultsText());
    expect(await command.status).toBe(0);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    const joined = faultsText().replaceAll(/\s+/g, " ");
    for (const [name, { kind, does, tests }] of Object.entries(faultTable)) {
      const value = kind.placeholder === "" ? "" : `=${kind.placeholder}`;
      expect(joined).toContain(` ${name}${value} ${does} tests ${tests}`);
    }
    for (const [name, { does }] of Object.entries(chanceTable)) {
      expect(joined).toContain(` ${name}=`);
      expect(joined).toContain(does);
    }
  });

  test("says whether files are right", async () => {
    using site = new TempSite("empty");
    site.file("right.txt", "GET /a latencyMs=5\n");
    site.file("wrong.txt", "GET /a latencyMs=5\nGET /a latency=5\n");
    await using right = new Command(["faults", "right.txt"], {}, site.root);
    expect([await right.rest(), await right.status]).toEqual([["right.txt: 1 rule"], 0]);
    await using wrong = new Command(["faults", "right.txt", "wrong.txt"], {}, site.root);
    expect([await wrong.rest(), await wrong.status]).toEqual([["right.txt: 1 rule"], 2]);
    expect(await wrong.stderr).toBe(
      'postern: wrong.txt:2: no fault is called "latency"; did you mean "latencyMs"?\n',
    );
    await using unknown = new Command(["faults", "--list"]);
    expect(await unknown.status).toBe(2);
    expect(await unknown.stderr).toBe("postern: unknown option --list; faults --help lists them\n");
  });
});

describe("--faults", () => {
  const get = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const statusOf = async (port: number): Promise<string> => {
    const client = await RawClient.connect(port);
    client.send(get);
    await client.responses(1);
    client.close();
    return client.text.slice(9, 12);
  };

  test("has answers go wrong, says so, and is read again on SIGHUP", async () => {
    using site = new TempSite("empty");
    site.file("a.txt", "a");
    site.file(".faults", "GET /a.txt statuses=503\n");
    const words = ["--port", "0", "--log", "none", "--faults", ".faults"];
    await using command = new Command(words, {}, site.root);
    const port = Number(/:(\d+)\//.exec((await command.line()) ?? "")?.[1]);
    const on = "postern: faults are on: answers go wrong on purpose, as .faults says\n";
    await command.says(on);
    expect(await statusOf(port)).toBe("503");
    site.file(".faults", "GET /a.txt statuses=502\n");
    process.kill(command.pid, "SIGHUP");
    await command.says(`${on}postern: .faults is in force\n`);
    expect(await statusOf(port)).toBe("502");
    site.file(".faults", "GET /a.txt status=502\n");
    process.kill(command.pid, "SIGHUP");
    const wrong = 'postern: .faults:1: no fault is called "status"; did you mean "statuses"?\n';
    await command.says(`${on}postern: .faults is in force\n${wrong}`);
    expect(await statusOf(port)).toBe("502");
  });

  test("is a key of a configuration, a list or a file's path relative to it", async () => {
    using site = new TempSite("empty");
    site.file("a.txt", "a");
    site.file("conf/f.txt", "GET /a.txt statuses=503\n");
    site.file("conf/file.json", '{ "root": "..", "port": 0, "faults": "f.txt" }');
    site.file("conf/list.json", '{ "root": "..", "port": 0, "faults": [{ "statuses": [500] }] }');
    site.file("conf/wrong.json", '{ "root": "..", "port": 0, "faults": [{ "status": 500 }] }');
    for (const [file, status] of [
      ["conf/file.json", "503"],
      ["conf/list.json", "500"],
    ] as const) {
      await using command = new Command(["--config", file], {}, site.root);
      const port = Number(/:(\d+)\//.exec((await command.line()) ?? "")?.[1]);
      expect(await statusOf(port)).toBe(status);
      await command.says(/faults are on/);
    }
    await using wrong = new Command(["--config", "conf/wrong.json"], {}, site.root);
    expect(await wrong.status).toBe(2);
    expect(await wrong.stderr).toBe(
      "postern: conf/wrong.json: faults: rule 1: " +
        'no fault is called "status"; did you mean "statuses"?\n',
    );
  });

  test("that is missing ends in one line", async () => {
    await using command = new Command(["--faults", "none.txt", "--port", "0"]);
    expect(await command.status).toBe(2);
    expect(await command.stderr).toBe("postern: none.txt: no such file\n");
  });
});

test("the line names the file, or the configuration", () => {
  expect(faultsLine({ faults: "a\nb" })).toEndWith("as a\\u{a}b says");
  expect(faultsLine({ faults: [{ latencyMs: 1 }] })).toEndWith("as the configuration says");
});
