import { describe, expect, test } from "bun:test";

import { plainPaint } from "../../../src/cli/terminal/paint.ts";
import type { UploadsSeen } from "../../../src/cli/terminal/received-uploads.ts";
import { UploadStatus } from "../../../src/cli/terminal/upload-status.ts";
import type { StandardStream } from "../../../src/system/standard-streams.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { screenOf } from "./screen.ts";

type Stream = Pick<StandardStream, "write" | "footer" | "queued">;

/** A terminal, and the uploads that it shows. */
class Shown {
  readonly clock = new FakeClock();
  columns = 80;
  /** All that was written. */
  text = "";
  writes = 0;
  readonly out: Stream = {
    footer: undefined,
    queued: 0,
    write: (text) => {
      const lined = this.out.footer?.below(text) ?? text;
      this.text += typeof lined === "string" ? lined : new TextDecoder().decode(lined);
      this.writes++;
      return Promise.resolve();
    },
  };
  readonly error: Pick<StandardStream, "footer"> = { footer: undefined };
  readonly status = new UploadStatus({
    out: this.out,
    error: this.error,
    columns: () => this.columns,
    paint: plainPaint,
    alarm: this.clock,
    clock: this.clock,
  });

  begin(name: string, length?: number): { octets: number; readonly end: () => Promise<void> } {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const end = async (): Promise<void> => {
      resolve();
      await Bun.sleep(0);
    };
    const upload = { name, octets: 0, length, over, end };
    this.status.began(upload);
    return upload;
  }

  /** What stands on the terminal. */
  get screen(): string {
    return screenOf(this.text);
  }
}

function seen(count: number, octets: number, name: string, beganMs: number): UploadsSeen {
  return { count, octets, newest: { name, octets: 100, length: 400, beganMs } };
}

describe("the line at the bottom of a terminal", () => {
  test("appears after a quarter of a second, and is gone with the last upload", async () => {
    const shown = new Shown();
    const upload = shown.begin("a.txt", 1000);
    shown.clock.advance(249);
    expect(shown.text).toBe("");
    upload.octets = 250;
    shown.clock.advance(1);
    expect(shown.screen).toBe("Uploading a.txt  25% of 1.0 kB  1.0 kB/s");
    await upload.end();
    expect(shown.screen).toBe("");
    expect(shown.out.footer).toBeUndefined();
    expect(shown.error.footer).toBeUndefined();
  });

  test("has no timer and writes nothing without uploads, nor for a short one", async () => {
    const shown = new Shown();
    const upload = shown.begin("a.txt");
    expect(shown.clock.alarmMs).toBeLessThan(Infinity);
    await upload.end();
    expect(shown.clock.alarmMs).toBe(Infinity);
    shown.clock.advance(10_000);
    expect(shown.text).toBe("");
  });

  test("is written at most four times a second, and not again when nothing has changed", () => {
    const shown = new Shown();
    const upload = shown.begin("a.txt");
    for (let ms = 0; ms < 1000; ms += 10) {
      upload.octets += 100;
      shown.clock.advance(10);
    }
    expect(shown.writes).toBe(4);
    shown.clock.advance(5000);
    const { writes } = shown;
    shown.clock.advance(5000);
    expect(shown.writes).toBe(writes);
  });

  test("stays below the lines of the log, each of which is whole", () => {
    const shown = new Shown();
    shown.begin("a.txt");
    void shown.out.write("before\n");
    shown.clock.advance(250);
    void shown.out.write("one\ntwo\n");
    void shown.out.write(new TextEncoder().encode("three\n"));
    expect(shown.screen).toBe("before\none\ntwo\nthree\nUploading a.txt  0 B  0 B/s");
    // What standard error is given goes through the same line.
    shown.text += String(shown.error.footer?.below("postern: a\n"));
    expect(shown.screen).toEndWith("three\npostern: a\nUploading a.txt  0 B  0 B/s");
    shown.status.clear();
    expect(shown.screen).toBe("before\none\ntwo\nthree\npostern: a\n");
  });

  test("isn't written behind text without the end of its line", () => {
    const shown = new Shown();
    const upload = shown.begin("a.txt");
    shown.clock.advance(250);
    void shown.out.write("Are you");
    expect(shown.screen).toBe("Are you");
    upload.octets = 1;
    expect(shown.out.footer?.below(" sure?\n")).toBe(" sure?\n");
  });

  test("waits for a terminal that is behind", () => {
    const shown = new Shown();
    const upload = shown.begin("a.txt");
    shown.clock.advance(250);
    Object.assign(shown.out, { queued: 1 });
    const { writes } = shown;
    void shown.out.write("one\n");
    for (let i = 0; i < 10; i++) {
      upload.octets += 100;
      shown.clock.advance(250);
    }
    expect(shown.writes).toBe(writes + 1);
    expect(shown.screen).toBe("one\n");
    Object.assign(shown.out, { queued: 0 });
    shown.clock.advance(250);
    expect(shown.screen).toStartWith("one\nUploading a.txt  1.0 kB");
  });

  test("fits the width that the terminal has now", () => {
    const shown = new Shown();
    const upload = shown.begin("a-name-of-some-length.txt", 1000);
    shown.clock.advance(250);
    expect(shown.screen).toBe("Uploading a-name-of-some-length.txt  0% of 1.0 kB  0 B/s");
    shown.columns = 40;
    upload.octets = 100;
    shown.clock.advance(250);
    const last = shown.screen.split("\n").at(-1) ?? "";
    expect(last.length).toBeLessThan(40);
    expect(last).toStartWith("Uploading a-na");
  });

  test("names the upload that began last, and has the rate of all", async () => {
    const shown = new Shown();
    const first = shown.begin("a.txt");
    const second = shown.begin("b.txt");
    first.octets = 500;
    second.octets = 1000;
    shown.clock.advance(250);
    expect(shown.screen).toBe("Uploading b.txt  1.0 kB  and 1 more  6.0 kB/s");
    await second.end();
    first.octets = 1000;
    shown.clock.advance(750);
    expect(shown.screen).toBe("Uploading a.txt  1.0 kB  2.0 kB/s");
    // Three seconds later nothing of that counts any more.
    shown.clock.advance(4000);
    expect(shown.screen).toBe("Uploading a.txt  1.0 kB  0 B/s");
  });

  test("has the newest of several sources, their number, and what came while they are shown", () => {
    const shown = new Shown();
    let [one, two] = [seen(1, 5000, "one.bin", 7), seen(2, 9000, "two.bin", 9)];
    const sources = [{ look: () => one }, { look: () => two }] as const;
    // What had come before doesn't count.
    shown.status.show(sources[0], 5000);
    shown.status.show(sources[1], 8000);
    shown.clock.advance(250);
    expect(shown.screen).toBe("Uploading two.bin  25% of 400 B  and 2 more  4.0 kB/s");
    [one, two] = [seen(1, 5250, "three.bin", 10), { count: 0, octets: 9000, newest: undefined }];
    shown.clock.advance(250);
    expect(shown.screen).toBe("Uploading three.bin  25% of 400 B  2.5 kB/s");
    shown.status.hide(sources[1]);
    shown.clock.advance(250);
    expect(shown.screen).toStartWith("Uploading three.bin  25% of 400 B");
    shown.status.hide(sources[0]);
    expect(shown.screen).toBe("");
    expect(shown.clock.alarmMs).toBe(Infinity);
  });
});
