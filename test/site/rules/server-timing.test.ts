import { afterAll, describe, expect, test } from "bun:test";

import { refusals } from "../../../src/http/message/error.ts";
import { ResponseBuilder } from "../../../src/http/message/response-builder.ts";
import { ServerTiming } from "../../../src/site/rules/server-timing.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import { show } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("index.html", "home");
site.file("shut.txt", "shut", 0o600);
site.file("assets/app.js", "script");

describe("Server-Timing (Server Timing §2)", () => {
  test("is there under --explain alone", async () => {
    const explaining = new SiteClient(site.root, { explain: true });
    for (const path of ["", "nothing", "shut.txt", "assets"]) {
      const { fields } = await explaining.ask(`GET /${path}`);
      expect(fields["Server-Timing"]).toMatch(/^make;dur=\d+\.\d{3}$/);
    }
    const { fields } = await new SiteClient(site.root).ask("GET /");
    expect(fields["Server-Timing"]).toBeUndefined();
  });

  test("says how long it was from the first guard to the last finisher", () => {
    const clock = new FakeClock();
    const timing = new ServerTiming(clock);
    const response = new ResponseBuilder(200).field("X-A", "b").text("").build();
    const [first, second] = [requestOf("GET /"), requestOf("GET /")];
    expect(timing.check(first)).toBeUndefined();
    clock.advance(1.5);
    expect(timing.check(second)).toBeUndefined();
    clock.advance(250);
    expect(show(timing.finish(response, first)).fields).toMatchObject({
      "X-A": "b",
      "Server-Timing": "make;dur=251.500",
    });
    expect(show(timing.finish(response, second)).fields["Server-Timing"]).toBe("make;dur=250.000");
    expect(show(response).fields["Server-Timing"]).toBeUndefined();
  });

  test("says nothing of what could not be read, or was refused before it was asked for", () => {
    const timing = new ServerTiming(new FakeClock());
    const { site: explaining } = new SiteClient(site.root, { explain: true }).opened;
    for (const request of [undefined, requestOf("GET /")]) {
      const response = new ResponseBuilder(400).text("no").build();
      expect(timing.finish(response, request)).toBe(response);
      const refused = show(explaining.refuse(refusals.method, request));
      expect(refused.fields["Server-Timing"]).toBeUndefined();
    }
  });

  test("is that of each request, for a response that is given out again, too", () => {
    const clock = new FakeClock();
    const timing = new ServerTiming(clock);
    const cached = new ResponseBuilder(200).text("").buildCached();
    for (const ms of [1, 2, 3]) {
      const request = requestOf("GET /");
      timing.check(request);
      clock.advance(ms);
      const { fields } = show(timing.finish(cached, request));
      expect(fields["Server-Timing"]).toBe(`make;dur=${ms}.000`);
    }
    expect(cached.fields).toHaveLength(1);
  });
});
