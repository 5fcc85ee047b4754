/**
 * The speeds of lines that people are on, and how one's own is written: `1.6Mbit/150ms`.
 *
 * The presets are those of WebPageTest (`connectivity.ini.sample`): "Mobile 3G - Fast", which is
 * Lighthouse's default, too; "Mobile 4G"; and "DSL". Each is a rate towards the client, and the
 * time of a round trip.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";

/** What a throttled connection is like. */
export interface LineSpeed {
  readonly bytesPerSecond: number;
  /** Between the last octet of a request and the first of its answer. */
  readonly latencyMs: number;
}

/** Bounds of what a line may be like. */
interface LineLimits {
  readonly throttleBytesPerSecondMin: number;
  readonly throttleLatencyMs: number;
  /** A client that reads no faster is given up; one whose line is no faster would be, too. */
  readonly writeBytesPerSecondMin: number;
}

const presets: ReadonlyMap<string, LineSpeed> = new Map([
  ["3g", { bytesPerSecond: 200_000, latencyMs: 150 }],
  ["4g", { bytesPerSecond: 1_125_000, latencyMs: 170 }],
  ["dsl", { bytesPerSecond: 187_500, latencyMs: 50 }],
]);

/** The octets per second of each unit: bits as lines are sold, bytes as programs show them. */
const units: ReadonlyMap<string, number> = new Map([
  ["kbit", 125],
  ["mbit", 125_000],
  ["kb", 1000],
  ["mb", 1_000_000],
]);

const written = /^(\d{1,6}(?:\.\d{1,3})?)(kbit|mbit|kb|mb)(?:\/(\d{1,6})ms)?$/i;

/** What a speed has to look like, for messages. */
const speedExpected = "3g, 4g, dsl, or a rate and a latency such as 1.6Mbit/150ms or 200kB";

/** Reads a preset's name, or a rate and a latency; undefined for anything else. */
function parse(text: string): LineSpeed | undefined {
  const [, amount, unit = "", latency = "0"] = written.exec(text) ?? [];
  if (amount === undefined) return presets.get(text.toLowerCase());
  const bytesPerSecond = Number(amount) * (units.get(unit.toLowerCase()) ?? 0);
  return { bytesPerSecond, latencyMs: Number(latency) };
}

/**
 * Reads the option `throttle`. Fails with what is wrong: it is no speed, a rate below
 * `throttleBytesPerSecondMin` or twice `writeBytesPerSecondMin`, or a latency above
 * `throttleLatencyMs`.
 */
export function readLineSpeed(text: string, limits: LineLimits): Result<LineSpeed, string> {
  const speed = parse(text);
  if (speed === undefined) return failure(`the line must be ${speedExpected}, not ${text}`);
  const { throttleBytesPerSecondMin, throttleLatencyMs, writeBytesPerSecondMin } = limits;
  const least = Math.max(throttleBytesPerSecondMin, 2 * writeBytesPerSecondMin);
  if (speed.bytesPerSecond < least) {
    return failure(`a line carries at least ${least} bytes per second, not ${text}`);
  }
  if (speed.latencyMs > throttleLatencyMs) {
    return failure(`a line's latency is at most ${throttleLatencyMs} ms, not ${text}`);
  }
  return success(speed);
}
