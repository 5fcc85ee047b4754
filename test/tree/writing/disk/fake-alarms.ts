/**
 * Many alarms, which ring when a test says so.
 */

import type { Alarm } from "../../../../src/schedule/scheduler.ts";
import { FakeClock } from "../../../schedule/fake-clock.ts";

export class Alarms {
  readonly clocks: FakeClock[] = [];

  alarm(): Alarm {
    const clock = new FakeClock();
    this.clocks.push(clock);
    return clock;
  }

  advance(byMs: number): void {
    for (const clock of this.clocks) clock.advance(byMs);
  }

  /** How many are set. */
  get set(): number {
    return this.clocks.filter(({ alarmMs }) => alarmMs !== Infinity).length;
  }
}
