import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import {
  isNameText,
  mapName,
  nameForSystem,
  nameLength,
  nameOctets,
  nameText,
  writeName,
} from "../../src/base/file-name.ts";

/** Octets between which UTF-8 makes a difference: first, following and impossible ones. */
const significant = fc.constantFrom(
  ...Buffer.from("415c7f808f909fa0a9bdbfc0c1c2c3dfe0e1edeeeff0f1f3f4f5ff", "hex"),
);

const octets = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.array(significant, { maxLength: 12 }).map((some) => Uint8Array.from(some)),
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => new TextEncoder().encode(text)),
);

const octetsOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.fromHex(hex.replaceAll(" ", ""));

describe("the text of a name", () => {
  test.each([
    ["61 62", "ab"],
    ["c3 a9", "é"],
    ["f0 9f 8d b0", "🍰"],
    ["ef bb bf 78", "\ufeffx"],
    ["ef bf bd", "\ufffd"],
    ["e9", "\udce9"],
    ["c3", "\udcc3"],
    ["c3 c3 a9", "\udcc3é"],
    ["f0 9f 8d", "\udcf0\udc9f\udc8d"],
    ["f0 9f 8d b0 80", "🍰\udc80"],
    ["c0 ae", "\udcc0\udcae"],
    ["c0 af", "\udcc0\udcaf"],
    ["e0 80 af", "\udce0\udc80\udcaf"],
    ["ed a0 80", "\udced\udca0\udc80"],
    ["ed b3 a9", "\udced\udcb3\udca9"],
    ["f4 90 80 80", "\udcf4\udc90\udc80\udc80"],
    ["ef bf bd ff", "\ufffd\udcff"],
  ])("%s is %j", (hex, text) => {
    expect(nameText(octetsOf(hex))).toBe(text);
    expect(nameOctets(text)).toEqual(octetsOf(hex));
  });

  test("is what UTF-8 decodes to, where octets are UTF-8, and nothing that decodes otherwise", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const decoded = (view: Uint8Array): string | undefined => {
      try {
        return strict.decode(view);
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(octets, (view) => {
        const text = nameText(view);
        const wanted = decoded(view);
        if (wanted === undefined) expect(text.isWellFormed()).toBe(false);
        else expect(text).toBe(wanted);
      }),
      { numRuns: 5000 },
    );
  });

  test("gives all octets back, so no two names have the same", () => {
    fc.assert(
      fc.property(octets, (view) => {
        const text = nameText(view);
        expect(nameOctets(text)).toEqual(Uint8Array.from(view));
        expect(nameLength(text)).toBe(view.length);
        expect(isNameText(text)).toBe(true);
        const into = new Uint8Array(view.length);
        expect(writeName(text, into)).toBe(view.length);
        expect(into).toEqual(Uint8Array.from(view));
      }),
      { numRuns: 5000 },
    );
  });

  test("of a part has nothing of what is beside it", () => {
    const view = octetsOf("c3 a9 e9 c3 a9");
    expect(nameText(view, 1, 4)).toBe("\udca9\udce9\udcc3");
    expect(nameText(view, 2, 5)).toBe("\udce9é");
    expect(nameText(view, 3)).toBe("é");
  });

  test("may be joined where an ASCII octet is between", () => {
    fc.assert(
      fc.property(octets, octets, (one, other) => {
        const joined = Buffer.concat([one, Buffer.from("/"), other]);
        expect(nameText(joined)).toBe(`${nameText(one)}/${nameText(other)}`);
      }),
    );
  });
});

describe("a text that is no name's", () => {
  test.each(["\ud800", "a\udc00", "\udc7f", "\udd00", "\udcc3\udca9", "\udcf0\udc9f\udc8d\udcb0"])(
    "%j",
    (text) => {
      expect(isNameText(text)).toBe(false);
    },
  );

  test("is encoded without a fault", () => {
    expect(nameOctets("a\ud800b")).toEqual(octetsOf("61 ef bf bd 62"));
  });
});

describe("the octets of a name", () => {
  test.each(["abc", "aé", "a\udce9\udcff", "🍰"])("%j don't fit into less room", (text) => {
    const { length } = nameOctets(text);
    for (let room = 0; room < length; room++) {
      expect(writeName(text, new Uint8Array(room))).toBe(-1);
    }
    expect(writeName(text, new Uint8Array(length + 1))).toBe(length);
  });

  test("are given where the text would be encoded wrong", () => {
    expect(nameForSystem("é\ufffd")).toBe("é\ufffd");
    expect(nameForSystem("\udce9")).toEqual(Buffer.of(0xe9));
  });
});

/** The runs that `mapName` passes on. */
const runsOf = (name: string): string =>
  mapName(
    name,
    (text) => `<${text}>`,
    (octet) => `[${octet}]`,
  );

test("a name is mapped by its runs of text and its other octets", () => {
  expect(runsOf("plain é")).toBe("<plain é>");
  expect(runsOf("a🍰\udce9\udcffb\ufffd")).toBe("<a🍰>[233][255]<b\ufffd>");
  expect(runsOf("")).toBe("<>");
});
