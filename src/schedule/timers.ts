/**
 * Deadlines of many connections on one alarm: a timer wheel, whose slots are spans of time.
 *
 * A deadline moves with every request and nearly never passes, so moving one must cost nothing: the
 * deadline is a number on its owner. The owner stays in the slot where it was put. When the time of
 * the slot comes and the deadline has moved, the owner is put into a later slot. So the wheel looks
 * at an idle connection once per deadline. The alarm is set for the next slot that isn't empty, so
 * an idle server sleeps.
 */

import type { Clock } from "./clock.ts";
import type { Alarm } from "./scheduler.ts";

/** An object that has a deadline. */
export interface Timed {
  /** On the monotonic clock; Infinity for none. Only `Timers` may write it. */
  deadlineMs: number;
  /** The slot that the object is in, or -1. Only `Timers` may write it. */
  slot: number;
  /** Called once when `deadlineMs` has passed. There is no deadline then until one is set. */
  expire(nowMs: number): void;
}

const slotCount = 512;
const slotMs = 32;

/** The wheel. A deadline expires at most one slot, 32 ms, late, and never early. */
export class Timers {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  /** A slot is made when it is first needed: making all of them takes half a millisecond. */
  readonly #slots: (Set<Timed> | undefined)[] = [];
  /** Objects in the wheel. */
  #held = 0;
  /** The last tick whose slot has been emptied. A tick is a span of time as wide as a slot. */
  #tick: number;
  /** The tick that the alarm is set for; Infinity when it isn't. */
  #alarmTick = Infinity;

  constructor(clock: Clock, alarm: Alarm) {
    this.#clock = clock;
    this.#alarm = alarm;
    this.#tick = Math.floor(clock.monotonicMs() / slotMs);
  }

  /** How many objects the wheel holds. */
  get size(): number {
    return this.#held;
  }

  /** Moves the deadline of `timed` to `deadlineMs`; Infinity for none. */
  set(timed: Timed, deadlineMs: number): void {
    const earlier = deadlineMs < timed.deadlineMs;
    timed.deadlineMs = deadlineMs;
    if (deadlineMs === Infinity || (timed.slot !== -1 && !earlier)) return;
    this.#take(timed);
    this.#put(timed);
  }

  /** Removes `timed` from the wheel, and with it its deadline. */
  remove(timed: Timed): void {
    timed.deadlineMs = Infinity;
    this.#take(timed);
    if (this.#held > 0) return;
    this.#alarm.clear();
    this.#alarmTick = Infinity;
  }

  #take(timed: Timed): void {
    if (timed.slot === -1) return;
    this.#slots[timed.slot]?.delete(timed);
    timed.slot = -1;
    this.#held--;
  }

  #put(timed: Timed): void {
    if (this.#held === 0) this.#tick = Math.floor(this.#clock.monotonicMs() / slotMs);
    const due = Math.floor(timed.deadlineMs / slotMs) + 1;
    // A deadline beyond the last slot waits in that one, and is put in again from there.
    const tick = Math.min(Math.max(due, this.#tick + 1), this.#tick + slotCount - 1);
    timed.slot = tick % slotCount;
    (this.#slots[timed.slot] ??= new Set()).add(timed);
    this.#held++;
    if (tick < this.#alarmTick) this.#wake(tick);
  }

  #wake(tick: number): void {
    this.#alarmTick = tick;
    this.#alarm.set(Math.max(1, tick * slotMs - this.#clock.monotonicMs()), this.#ring);
  }

  readonly #ring = (): void => {
    const now = this.#clock.monotonicMs();
    const current = Math.floor(now / slotMs);
    const due: Timed[] = [];
    for (let turns = 0; this.#tick < current && turns < slotCount; turns++) {
      this.#tick++;
      this.#empty(this.#tick % slotCount, due);
    }
    this.#tick = Math.max(this.#tick, current);
    for (const timed of due) {
      // The expiry of one may have set or removed the deadline of another.
      if (timed.slot !== -1 || timed.deadlineMs === Infinity) continue;
      if (timed.deadlineMs > now) {
        this.#put(timed);
        continue;
      }
      timed.deadlineMs = Infinity;
      timed.expire(now);
    }
    this.#setAlarm();
  };

  #empty(slot: number, into: Timed[]): void {
    const held = this.#slots[slot];
    if (held === undefined || held.size === 0) return;
    for (const timed of held) {
      timed.slot = -1;
      into.push(timed);
    }
    this.#held -= held.size;
    held.clear();
  }

  /** Sets the alarm for the next slot that isn't empty. */
  #setAlarm(): void {
    this.#alarmTick = Infinity;
    for (let ahead = 1; this.#held > 0 && ahead < slotCount; ahead++) {
      const tick = this.#tick + ahead;
      if ((this.#slots[tick % slotCount]?.size ?? 0) > 0) {
        this.#wake(tick);
        return;
      }
    }
  }
}
