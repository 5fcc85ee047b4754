/**
 * What a client sends to an echo, and what has to come back, octet for octet: in the groups of the
 * Autobahn test suite (its groups 8 and 11 are empty; 12 and 13 are about compression).
 */

import { concatBytes } from "../../../src/http/octets/bytes.ts";
import { clientFrame, closing, octetsOf, serverFrame } from "../../websocket/client-frames.ts";
import { badCodes, goodCodes } from "../../websocket/close-codes.ts";
import { cutTexts, invalidTexts, validTexts } from "../../websocket/utf8-texts.ts";

/** A case. */
export interface ConformanceCase {
  readonly name: string;
  /** The frames of the client. Where the server isn't to close, a Close with 1000 follows them. */
  readonly sends: readonly Uint8Array[];
  /** The frames that come back, but for a Close of the server's own. */
  readonly gets: readonly Uint8Array[];
  /** The code of the server's own Close, if it closes. */
  readonly fails?: number;
  /** The payload of the Close that it answers with, where the client has closed by itself. */
  readonly answers?: Uint8Array;
}

const text = 1;
const binary = 2;
const cont = 0;
const close = 8;
const ping = 9;
const pong = 10;
const part = { fin: false };

const all: ConformanceCase[] = [];

/** Adds a case that ends with a Close of the client's, or with a fault. */
function add(
  name: string,
  sends: readonly Uint8Array[],
  gets: readonly Uint8Array[],
  fails?: number,
): void {
  all.push(fails === undefined ? { name, sends, gets } : { name, sends, gets, fails });
}

// 1. Framing (RFC 6455 §5.2, §5.6)
for (const opcode of [text, binary]) {
  const kind = opcode === text ? "text" : "binary";
  for (const length of [0, 1, 125, 126, 127, 128, 65_535, 65_536]) {
    const octets = new Uint8Array(length).fill(0x2a);
    add(
      `1 ${kind} of ${length} octets`,
      [clientFrame(opcode, octets)],
      [serverFrame(opcode, octets)],
    );
  }
  for (const [length, lengthOctets] of [
    [0, 2],
    [125, 2],
    [125, 8],
    [126, 8],
    [65_535, 8],
  ] as const) {
    const frame = clientFrame(opcode, new Uint8Array(length), { lengthOctets });
    add(`1 ${kind} of ${length} octets, its length in ${lengthOctets}`, [frame], [], 1002);
  }
  const huge = clientFrame(opcode, "", { lengthOctets: 8, declared: 2n ** 63n });
  add(`1 ${kind} with the highest bit of its length set`, [huge], [], 1002);
  const unmasked = clientFrame(opcode, "hello", { masked: false });
  add(`1 ${kind} that isn't masked`, [unmasked], [], 1002);
  add(
    `1 ${kind} that isn't masked, behind one that is`,
    [clientFrame(opcode, "a"), unmasked],
    [serverFrame(opcode, "a")],
    1002,
  );
}

// 2. Ping and Pong (§5.5.2, §5.5.3)
for (const length of [0, 5, 125]) {
  const octets = new Uint8Array(length).fill(0xfe);
  add(`2 a Ping of ${length} octets`, [clientFrame(ping, octets)], [serverFrame(pong, octets)]);
  add(`2 a Pong of ${length} octets that was not asked for`, [clientFrame(pong, octets)], []);
}
for (const opcode of [ping, pong]) {
  add(`2 ${opcode} of 126 octets`, [clientFrame(opcode, new Uint8Array(126))], [], 1002);
  add(
    `2 ${opcode} with a length of 64 bits`,
    [clientFrame(opcode, new Uint8Array(65_536))],
    [],
    1002,
  );
}
add(
  "2 a Pong, then a Ping",
  [clientFrame(pong, "a"), clientFrame(ping, "b")],
  [serverFrame(pong, "b")],
);
const ten = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
add(
  "2 ten Pings",
  ten.map((payload) => clientFrame(ping, payload)),
  ten.map((payload) => serverFrame(pong, payload)),
);

// 3. Reserved bits (§5.2)
for (let rsv = 1; rsv <= 7; rsv++) {
  for (const opcode of [text, binary, close, ping, pong]) {
    add(`3 reserved bits ${rsv} of ${opcode}`, [clientFrame(opcode, "", { rsv })], [], 1002);
  }
  const bad = clientFrame(text, "bad", { rsv });
  const good = [clientFrame(text, "good"), clientFrame(ping)];
  add(
    `3 reserved bits ${rsv} behind a message and a Ping`,
    [...good, bad, clientFrame(ping)],
    [serverFrame(text, "good"), serverFrame(pong)],
    1002,
  );
}

// 4. Opcodes (§5.2, §11.8)
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  add(`4 opcode ${opcode}`, [clientFrame(opcode)], [], 1002);
  add(`4 opcode ${opcode} with a payload`, [clientFrame(opcode, "reserved")], [], 1002);
  add(
    `4 opcode ${opcode} behind a message`,
    [clientFrame(text, "good"), clientFrame(opcode, "reserved"), clientFrame(ping)],
    [serverFrame(text, "good")],
    1002,
  );
}

// 5. Fragmentation (§5.4)
const [one, two, three] = ["fragment1", "fragment2", "fragment3"] as const;
const joined = serverFrame(text, one + two);
for (const opcode of [ping, pong, close]) {
  const frames = [clientFrame(opcode, one, part), clientFrame(cont, two)];
  add(`5 ${opcode} in fragments`, frames, [], 1002);
}
add("5 two fragments", [clientFrame(text, one, part), clientFrame(cont, two)], [joined]);
add(
  "5 three fragments of octets, the second of none",
  [clientFrame(binary, one, part), clientFrame(cont, "", part), clientFrame(cont, two)],
  [serverFrame(binary, one + two)],
);
add(
  "5 fragments of none",
  [clientFrame(text, "", part), clientFrame(cont, "", part), clientFrame(cont, "")],
  [serverFrame(text, "")],
);
add(
  "5 a Ping between fragments",
  [clientFrame(text, one, part), clientFrame(ping, "p"), clientFrame(cont, two)],
  [serverFrame(pong, "p"), joined],
);
add(
  "5 Ping and Pong between all fragments",
  [
    clientFrame(ping, "0"),
    clientFrame(text, one, part),
    clientFrame(ping, "1"),
    clientFrame(pong, "x"),
    clientFrame(cont, "", part),
    clientFrame(ping, "2"),
    clientFrame(cont, two),
    clientFrame(ping, "3"),
  ],
  [...["0", "1", "2"].map((payload) => serverFrame(pong, payload)), joined, serverFrame(pong, "3")],
);
for (const fin of [true, false]) {
  const orphan = clientFrame(cont, three, { fin });
  add(`5 a continuation of nothing, FIN ${fin}`, [orphan, clientFrame(text, "a")], [], 1002);
  add(
    `5 a continuation behind a whole message, FIN ${fin}`,
    [clientFrame(text, one, part), clientFrame(cont, two), orphan, clientFrame(text, "a")],
    [joined],
    1002,
  );
}
for (const opcode of [text, binary]) {
  for (const fin of [true, false]) {
    add(
      `5 a message of ${opcode} within another, FIN ${fin}`,
      [clientFrame(text, one, part), clientFrame(opcode, two, { fin })],
      [],
      1002,
    );
  }
}

// 6. UTF-8 (§8.1)
/** `octets` as a text message, in fragments of one octet. */
const single = (octets: Uint8Array): Uint8Array[] => [
  clientFrame(text, "", part),
  ...Array.from(octets, (octet) => clientFrame(cont, Uint8Array.of(octet), part)),
  clientFrame(cont),
];
for (const [name, octets] of Object.entries(validTexts)) {
  const frame = serverFrame(text, octets);
  add(`6 ${name}`, [clientFrame(text, octets)], [frame]);
  add(`6 ${name}, in fragments of one octet`, single(octets), [frame]);
}
for (const [name, octets] of Object.entries(cutTexts)) {
  add(`6 ${name}`, [clientFrame(text, octets)], [], 1007);
  add(`6 ${name}, in fragments of one octet`, single(octets), [], 1007);
  add(
    `6 ${name}, behind a message`,
    [clientFrame(text, "good"), clientFrame(text, octets), clientFrame(ping)],
    [serverFrame(text, "good")],
    1007,
  );
}
for (const [name, [octets, wrongAt]] of Object.entries(invalidTexts)) {
  add(`6 ${name}`, [clientFrame(text, octets)], [], 1007);
  add(`6 ${name}, in fragments of one octet`, single(octets), [], 1007);
  // The rest never comes.
  add(`6 ${name}, up to the octet that is wrong`, single(octets).slice(0, wrongAt + 1), [], 1007);
  const declared = octets.length + 100;
  const frame = clientFrame(text, octets.subarray(0, wrongAt), { declared, lengthOctets: 0 });
  if (declared < 126) add(`6 ${name}, in a frame that isn't whole`, [frame], [], 1007);
}

// 7. Closing (§5.5.1, §7)
/** Adds a case that the client ends with the frame `sends`, which is answered with `answers`. */
function addClose(
  name: string,
  sends: readonly Uint8Array[],
  answers: Uint8Array,
  gets: readonly Uint8Array[] = [],
): void {
  all.push({ name, sends, gets, answers });
}
addClose("7 a Close without a payload", [clientFrame(close)], octetsOf(""));
add("7 half a close code", [clientFrame(close, "a")], [], 1002);
for (const code of goodCodes) {
  addClose(`7 code ${code}`, [clientFrame(close, closing(code))], closing(code));
  addClose(
    `7 code ${code}, with a reason`,
    [clientFrame(close, closing(code, "é"))],
    closing(code),
  );
}
for (const code of badCodes) {
  add(`7 code ${code}`, [clientFrame(close, closing(code))], [], 1002);
  add(`7 code ${code}, with a reason`, [clientFrame(close, closing(code, "é"))], [], 1002);
}
const longest = closing(1000, "x".repeat(123));
addClose("7 the longest reason", [clientFrame(close, longest)], closing(1000));
add("7 a reason that is too long", [clientFrame(close, closing(1000, "x".repeat(124)))], [], 1002);
for (const [name, [octets]] of Object.entries(invalidTexts)) {
  add(`7 the reason is ${name}`, [clientFrame(close, closing(1000, octets))], [], 1007);
}
for (const [name, octets] of Object.entries(cutTexts)) {
  add(`7 the reason is ${name}`, [clientFrame(close, closing(1000, octets))], [], 1007);
}
const normal = clientFrame(close, closing(1000));
for (const [name, frame] of [
  ["text", clientFrame(text, "late")],
  ["a Ping", clientFrame(ping, "late")],
  ["another Close", clientFrame(close, closing(1001))],
  ["a reserved opcode", clientFrame(3)],
  ["no frame", octetsOf("GET / HTTP/1.1\r\n\r\n")],
] as const) {
  addClose(`7 ${name} behind a Close`, [normal, frame], closing(1000));
}
addClose(
  "7 a Close behind messages",
  [clientFrame(text, "a"), clientFrame(binary, "b"), normal],
  closing(1000),
  [serverFrame(text, "a"), serverFrame(binary, "b")],
);
addClose(
  "7 a Close within a message",
  [clientFrame(text, one, part), normal, clientFrame(cont, two)],
  closing(1000),
);

// 9. Limits. The test sets 100,000 octets and 1000 fragments.
const most = new Uint8Array(100_000).fill(0x61);
add("9 the longest text", [clientFrame(text, most)], [serverFrame(text, most)]);
add("9 the most octets", [clientFrame(binary, most)], [serverFrame(binary, most)]);
add(
  "9 the longest message, in two fragments",
  [clientFrame(binary, most.subarray(0, 60_000), part), clientFrame(cont, most.subarray(60_000))],
  [serverFrame(binary, most)],
);
const headerOf = (declared: bigint): Uint8Array =>
  clientFrame(binary, "", { lengthOctets: 8, declared });
add("9 a header that declares an octet more", [headerOf(100_001n)], [], 1009);
add("9 a header that declares 2^32 octets", [headerOf(2n ** 32n)], [], 1009);
add("9 a header that declares 2^63 - 1 octets", [headerOf(2n ** 63n - 1n)], [], 1009);
add(
  "9 an octet more, in fragments",
  [clientFrame(binary, most, part), clientFrame(cont, "a")],
  [],
  1009,
);
const pieces = Array.from({ length: 998 }, () => clientFrame(cont, "a", part));
const first = clientFrame(text, "a", part);
add(
  "9 the most fragments",
  [first, ...pieces, clientFrame(cont, "a")],
  [serverFrame(text, "a".repeat(1000))],
);
add("9 a fragment more", [first, ...pieces, ...pieces.slice(0, 2)], [], 1008);

// 10. Fragments as a library makes them
const long = "*".repeat(65_536);
const fragments = Array.from({ length: Math.ceil(65_536 / 1300) }, (_, i) => {
  const fin = (i + 1) * 1300 >= 65_536;
  return clientFrame(i === 0 ? text : cont, long.slice(i * 1300, (i + 1) * 1300), { fin });
});
add("10 64 KiB in fragments of 1300 octets", fragments, [serverFrame(text, long)]);

/** All cases. */
export const conformanceCases: readonly ConformanceCase[] = all;

/** The octets of a case, with the Close of a client that isn't refused. */
export function octetsOfCase({ sends, fails, answers }: ConformanceCase): Uint8Array {
  const isOpen = fails === undefined && answers === undefined;
  return concatBytes(isOpen ? [...sends, normal] : sends);
}
