/**
 * Elements in the answers of an object store: XML 1.0 that is made by a program, without attributes
 * and namespaces where it matters. An answer is searched, and not parsed.
 */

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** The text of an element of XML (XML 1.0 §4.1, §4.6). */
function textOf(escaped: string): string {
  return escaped.replace(
    /&(?:#x([\dA-Fa-f]{1,6})|#(\d{1,7})|(\w+));/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return entities[name as string] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** The text of the first element `name` in `xml`; undefined if there is none. */
export function elementIn(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  if (start === -1) return undefined;
  const from = start + name.length + 2;
  const end = xml.indexOf(`</${name}>`, from);
  return end === -1 ? undefined : textOf(xml.slice(from, end));
}

/** What is in each element `name` of `xml`, which are not within each other. */
export function* elementsIn(xml: string, name: string): Generator<string, void> {
  const [begin, finish] = [`<${name}>`, `</${name}>`];
  for (let at = xml.indexOf(begin); at !== -1; at = xml.indexOf(begin, at)) {
    const from = at + begin.length;
    const end = xml.indexOf(finish, from);
    if (end === -1) return;
    yield xml.slice(from, end);
    at = end + finish.length;
  }
}

/** `text` as the text of an element (XML 1.0 §2.4). */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
