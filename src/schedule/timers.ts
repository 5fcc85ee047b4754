/**
 * Timers of many connections on one timer: a wheel of slots, each a span of time wide.
 *
 * A deadline moves with every request and nearly never passes, so moving one must cost nothing: it
 * is a number on its owner. The owner stays in the slot where it was put; when that slot's time
 * comes and the number has moved on, the owner is put into a later slot. An idle connection is thus
 * looked at once per deadline, and an idle server sleeps: the timer is set for the next slot that
 * holds anyone.
 */

/** Something that has a deadline. */
export interface Timed {
  /** When it is over, on the monotonic clock; Infinity for never. To be set through `Timers`. */
  deadlineMs: number;
  /** The slot it sits in, or -1. Belongs to `Timers`. */
  slot: number;
  /** Called once when `deadlineMs` has passed; the owner then has no deadline until it sets one. */
  expire(nowMs: number): void;
}

/** Sets a timer, and takes it back. */
export interface Alarm {
  set(afterMs: number, ring: () => void): void;
  clear(): void;
}

const slotCount = 512;
const slotMs = 32;

/** The event loop's own timer; it doesn't keep the process alive. */
export class LoopAlarm implements Alarm {
  #timer: ReturnType<typeof setTimeout> | undefined;

  set(afterMs: number, ring: () => void): void {
    this.clear();
    this.#timer = setTimeout(ring, afterMs);
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** The wheel. Timers are kept to within one slot, 32 ms, and never fire early. */
export class Timers {
  readonly #now: () => number;
  readonly #alarm: Alarm;
  /** A slot is made when it is first needed: all of them take half a millisecond. */
  readonly #slots: (Set<Timed> | undefined)[] = [];
  #held = 0;
  /** The last tick whose slot has been emptied. */
  #tick: number;
  /** The tick that the alarm is set for; Infinity when it isn't. */
  #alarmTick = Infinity;

  constructor(now: () => number, alarm: Alarm) {
    this.#now = now;
    this.#alarm = alarm;
    this.#tick = Math.floor(now() / slotMs);
  }

  /** How many hold a place in the wheel. */
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

  /** Forgets `timed`. */
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
    if (this.#held === 0) this.#tick = Math.floor(this.#now() / slotMs);
    const due = Math.floor(timed.deadlineMs / slotMs) + 1;
    // What lies beyond the wheel's turn waits in its last slot and is put in again from there.
    const tick = Math.min(Math.max(due, this.#tick + 1), this.#tick + slotCount - 1);
    timed.slot = tick % slotCount;
    (this.#slots[timed.slot] ??= new Set()).add(timed);
    this.#held++;
    if (tick < this.#alarmTick) this.#wake(tick);
  }

  #wake(tick: number): void {
    this.#alarmTick = tick;
    this.#alarm.set(Math.max(1, tick * slotMs - this.#now()), () => this.#ring());
  }

  #ring(): void {
    const now = this.#now();
    const current = Math.floor(now / slotMs);
    const due: Timed[] = [];
    for (let turns = 0; this.#tick < current && turns < slotCount; turns++) {
      this.#tick++;
      this.#empty(this.#tick % slotCount, due);
    }
    this.#tick = Math.max(this.#tick, current);
    for (const timed of due) {
      // One that expires may set or remove the deadline of another.
      if (timed.slot !== -1 || timed.deadlineMs === Infinity) continue;
      if (timed.deadlineMs > now) {
        this.#put(timed);
        continue;
      }
      timed.deadlineMs = Infinity;
      timed.expire(now);
    }
    this.#setAlarm();
  }

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

  /** Sets the alarm for the next slot that holds anyone. */
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
