import { describe, expect, test } from "bun:test";

import { parseScript } from "../../../src/check/script/script-parser.ts";
import type { Script } from "../../../src/check/script/script.ts";
import { endpointOf, reasonNotToPlay } from "../../../src/check/play/stage.ts";

function scriptWith(head: string, phase = ""): Script {
  const text = `# T\n\n${head}\n\n## P (RFC 9110 §9, must)\n\n${phase}    on main\n    open\n`;
  const script = parseScript("t.wire", text);
  if (!script.ok) throw new Error(JSON.stringify(script.error));
  return script.value;
}

describe("where a server listens", () => {
  test("is the host and the port of its URL, without an address's brackets", () => {
    expect(endpointOf(new URL("http://localhost:9001/"))).toEqual({
      host: "localhost",
      port: 9001,
    });
    expect(endpointOf(new URL("http://[::1]:8080"))).toEqual({ host: "::1", port: 8080 });
    expect(endpointOf(new URL("http://127.0.0.1/"))).toEqual({ host: "127.0.0.1", port: 80 });
  });
});

describe("a script that another server can't be played", () => {
  const plain = scriptWith("");
  const needy = scriptWith("    server --hidden --cors\n    limit headerTimeMs 300");
  const live = scriptWith("    file a", "    remove a\n");
  const stateful = scriptWith("    stateful");
  const alone = scriptWith("    alone");

  test("says what it needs, and whether --tree would do", () => {
    const without = { tree: false, only: false };
    expect(reasonNotToPlay(plain, without)).toBeUndefined();
    expect(reasonNotToPlay(needy, without)).toBe(
      "needs server --hidden --cors, limit headerTimeMs 300",
    );
    expect(reasonNotToPlay(live, without)).toBe("changes its tree: give --tree");
    expect(reasonNotToPlay(stateful, without)).toContain("written afresh: give --tree");
    expect(reasonNotToPlay(alone, without)).toContain("a tree of its own: give --tree");
    expect(reasonNotToPlay(alone, { tree: false, only: true })).toBeUndefined();
  });

  test("needs a host that the server turns away", () => {
    const hosted = scriptWith("    hosts a.example b.example");
    const owned = { tree: true, only: false };
    expect(reasonNotToPlay(hosted, owned)).toBeUndefined();
    expect(reasonNotToPlay(hosted, { ...owned, foreign: new Set(["c"]) })).toBeUndefined();
    expect(reasonNotToPlay(hosted, { ...owned, foreign: new Set(["b.example"]) })).toBe(
      "needs a server that answers to b.example (postern: --allow-host)",
    );
  });

  test("stays so with --tree only where it needs the server's command line", () => {
    const owned = { tree: true, only: false };
    for (const script of [plain, live, stateful, alone]) {
      expect(reasonNotToPlay(script, owned)).toBeUndefined();
    }
    expect(reasonNotToPlay(needy, owned)).toContain("needs server");
  });
});
