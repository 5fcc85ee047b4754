import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { latin1Bytes, latin1Text, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { placeIn, placeSampleOctets } from "../../../src/site/live/injection-place.ts";

/** `page` in UTF-8, with "^" where the place has to be. */
function split(page: string): { readonly octets: Uint8Array; readonly at: number } {
  const at = utf8Bytes(page.slice(0, page.indexOf("^"))).length;
  return { octets: utf8Bytes(page.replace("^", "")), at };
}

describe("the place in a page in HTML", () => {
  test.each([
    "<!doctype html><html><head>^<title>x</title>",
    "<!DOCTYPE html>\n<html lang=en>\n<head data-a='>' data-b=\">\" data-c=a=b>^\n<title>x</title>",
    "<!doctype html><html><!-- a --><HEAD\n>^<title>x</title>",
    "<!doctype html><html><head/>^",
    // Without a head, or without any tags of its own.
    "<!doctype html>\n^<title>x</title><p>hello",
    "<!doctype html><html lang=en>\n^<title>x</title>",
    "<!doctype html><html>^<body class=x>hello",
    "<!doctype html><html>^<frameset cols='*,*'><frame src=a.html></frameset>",
    "<!doctype html>^<header>a head is another thing</header>",
    "<!doctype html>^<htmlx>",
    "^hello",
    "^<p>hello",
    "\n ^<body>hello",
    "^",
    // What may stand before.
    "\ufeff<!doctype html>^<p>",
    "\ufeff^<p>",
    "<?xml version='1.0'?><!doctype html>^<p>",
    "<!-- a > b --> <!doctype html><!-- c --!> <!--> <!---> ^<p>",
    "<!x><!doctype html>^<p>",
    '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">^<p>',
    // A second document type is none, and an end tag begins the document.
    "<!doctype html><!-- <head> --><html>^<p>",
    "^</p><!doctype html>",
    "<!doctype html><html title='it''s' class=it's>^<p>it's",
    // What is cut off, where the page ends with it.
    "<!doctype html>^<html lang='en",
    "<!doctype html><html>^<head",
    "^<!-- never ended",
    "<!doctype html>^<!",
  ])("%j", (page) => {
    const { octets, at } = split(page);
    expect(placeIn(octets, "html", 60, "whole")).toEqual({ at, width: "octet" });
  });

  test.each(["low-first", "high-first"] as const)("is found in UTF-16, %s", (width) => {
    const text = "\ufeff<!doctype html><html><head>|é<title>";
    const octets = new Uint8Array(2 * text.length);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const [first, second] = width === "low-first" ? [0, 1] : [1, 0];
      octets[2 * i + first] = unit & 0xff;
      octets[2 * i + second] = unit >> 8;
    }
    expect(placeIn(octets, "html", 60, "whole")).toEqual({ at: 2 * text.indexOf("|"), width });
  });

  test("is nowhere in UTF-16 without a byte order mark, which browsers don't take for it", () => {
    expect(placeIn(latin1Bytes("<\0p\0>\0"), "html", 60, "whole")).toBeUndefined();
  });

  test.each([
    [900, "<!doctype html><html><head>^"],
    [1000, "<!doctype html><html><head><meta charset=windows-1252>^"],
    [1024, "<!doctype html><html><head><meta charset=windows-1252>^"],
    // The browser doesn't see this one in any case.
    [1025, "<!doctype html><html><head>^"],
  ])("keeps a declared charset within the first 1024 octets: one that ends at %d", (end, page) => {
    const before = "<!doctype html><html><head>";
    const meta = "<meta charset=windows-1252>";
    const filling = `<!--${"x".repeat(end - before.length - meta.length - 7)}-->`;
    const octets = latin1Bytes(`${before}${filling}${meta}<title>\xe9</title>`);
    const at = page.includes("charset") ? end : before.length;
    expect(placeIn(octets, "html", 60, "whole")?.at).toBe(at);
  });

  test("waits for more of a page whose beginning is cut off", () => {
    const cut = ["", "<", "<!-- a", "<!doc", "<h", "<html lang", "<!-- a -->"];
    for (const beginning of [...cut, "<!doctype html><!-- a", "<!doctype html>"]) {
      expect(placeIn(utf8Bytes(beginning), "html", 60, "part")).toBeUndefined();
    }
    expect(placeIn(utf8Bytes("<p>"), "html", 60, "part")?.at).toBe(0);
  });

  test("is before what is too long, where that leaves the mode of the document as it is", () => {
    expect(placeIn(utf8Bytes("<!doctype html><!-- a"), "html", 60, "most")?.at).toBe(15);
    expect(placeIn(utf8Bytes("<!-- a"), "html", 60, "most")).toBeUndefined();
  });

  test("takes time in proportion to what is read, whatever it is", () => {
    for (const part of ["<!--", "<html ", "= ", "<meta ", "<!doctype", "\n", "<head a='"]) {
      const octets = latin1Bytes(part.repeat(placeSampleOctets / part.length));
      placeIn(octets, "html", 60, "most");
      placeIn(octets, "xhtml", 60, "most");
    }
  });

  test("is never in the middle of a character, a tag, a comment or the document type", () => {
    const part = fc.constantFrom(
      "<!doctype html>",
      "<!-- <head> -->",
      "<html a='>'>",
      "<head b=>",
      "</head>",
      "<title>ü</title>",
      "<p>",
      "text",
      " ",
      "\n",
      "<?php echo 1 ?>",
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const octets = utf8Bytes(parts.join(""));
        const at = placeIn(octets, "html", 60, "whole")?.at ?? -1;
        const borders = parts.map((_, i) => utf8Bytes(parts.slice(0, i).join("")).length);
        expect([...borders, octets.length]).toContain(at);
        const before = latin1Text(octets, 0, at);
        // Nothing that begins the body is before it.
        expect(before).not.toMatch(/<p>|text|<title>|<\/head>/);
        // And the document's own type isn't behind it.
        const typed = /^(?:\s|<!-- <head> -->|<\?[^>]*>)*<!doctype html>/.test(parts.join(""));
        if (typed) expect(before).toContain("<!doctype html>");
      }),
    );
  });
});

describe("the place in a page in XHTML", () => {
  test.each([
    '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head>^<title/></head></html>',
    '<!DOCTYPE html PUBLIC "a>b" "c" [<!ENTITY d "]>">]>\n<!-- e --><h:html xmlns:h="f">\n<h:head a=">">^',
    "<html><body>^</body></html>".replace("<body>^", "^<body>"),
    "<html>^\n<head/></html>",
    "\ufeff<html><?a b?><head>^</head></html>",
  ])("%j", (page) => {
    const { octets, at } = split(page);
    expect(placeIn(octets, "xhtml", 60, "whole")).toEqual({ at, width: "octet" });
  });

  test.each(["<svg/>", "<html/>", "", "text", "<html", "<HTML><head></head></HTML>"])(
    "is nowhere in %j",
    (page) => {
      expect(placeIn(utf8Bytes(page), "xhtml", 60, "whole")).toBeUndefined();
    },
  );
});
