import { expect, test } from "bun:test";

import { readPartsAnswer } from "../../../../src/tree/store/client/parts-answer.ts";

const part = (number: number): string =>
  `<Part><PartNumber>${number}</PartNumber><LastModified>2026-11-29T10:00:00.000Z</LastModified>` +
  `<ETag>&quot;e${number}&quot;</ETag><Size>${number * 10}</Size></Part>`;

const answer = (inner: string): string =>
  `<?xml version="1.0"?><ListPartsResult xmlns="x">${inner}</ListPartsResult>`;

test("parts are read with number, tag, size and date", () => {
  const read = readPartsAnswer(answer(`<IsTruncated>false</IsTruncated>${part(1)}${part(2)}`));
  const modifiedMs = Date.UTC(2026, 10, 29, 10);
  expect(read).toEqual({
    ok: true,
    value: {
      parts: [
        { number: 1, etag: '"e1"', size: 10, modifiedMs },
        { number: 2, etag: '"e2"', size: 20, modifiedMs },
      ],
      next: undefined,
    },
  });
});

test("a piece says where the next one begins", () => {
  const cut = `<NextPartNumberMarker>1</NextPartNumberMarker><IsTruncated>true</IsTruncated>`;
  expect(readPartsAnswer(answer(cut + part(1)))).toMatchObject({ value: { next: 1 } });
});

test.each([
  ["another document", "<Error><Code>NoSuchUpload</Code></Error>"],
  ["a part without a number", answer("<Part><ETag>e</ETag><Size>1</Size></Part>")],
  ["a part without a tag", answer("<Part><PartNumber>1</PartNumber><Size>1</Size></Part>")],
  ["a piece that doesn't say where the next one begins", answer("<IsTruncated>true</IsTruncated>")],
])("%s is refused", (_what, xml) => expect(readPartsAnswer(xml).ok).toBe(false));
