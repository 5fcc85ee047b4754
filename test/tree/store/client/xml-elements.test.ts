import { expect, test } from "bun:test";

import {
  elementIn,
  elementsIn,
  escapeXml,
} from "../../../../src/tree/store/client/xml-elements.ts";

test("the first element of a name is found, with its entities decoded", () => {
  const xml = "<A><B>1 &lt; 2 &amp;&#x41;&#66;&quot;</B><B>3</B></A>";
  expect(elementIn(xml, "B")).toBe('1 < 2 &AB"');
  expect(elementIn(xml, "C")).toBeUndefined();
  expect(elementIn("<B>never ends", "B")).toBeUndefined();
});

test("an entity that is none stays as it is", () => {
  expect(elementIn("<B>&none;&#x110000;</B>", "B")).toBe("&none;&#x110000;");
});

test("all elements of a name are found in their order", () => {
  expect([...elementsIn("<P>1</P><Q>2</Q><P><N>3</N></P><P>", "P")]).toEqual(["1", "<N>3</N>"]);
});

test("what is escaped is read again", () => {
  const text = '"a" <b> & &amp;';
  expect(elementIn(`<B>${escapeXml(text)}</B>`, "B")).toBe(text);
});
