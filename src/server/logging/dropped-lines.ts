/**
 * What the access log says of connections that were closed before they had a client. A peer can
 * open many of them for little, so there are few lines in each second.
 */

/** Lines in one second. The connections of the others are counted. */
const linesPerSecondMax = 10;

/** The lines of one log. */
export class DroppedLines {
  /** When the present second began, and how many lines it has had. */
  #secondMs = -Infinity;
  #lines = 0;
  /** Connections without a line since the last one. */
  #others = 0;

  /**
   * The line, without its line break, for a connection of `remoteAddress` that was closed, as `why`
   * says; undefined when this second has had enough. The next line says how many were left out.
   */
  line(
    format: "short" | "json",
    remoteAddress: string,
    why: string,
    epochMs: number,
  ): string | undefined {
    // A clock that is set back begins another second.
    if (epochMs - this.#secondMs >= 1000 || epochMs < this.#secondMs) {
      this.#secondMs = epochMs;
      this.#lines = 0;
    }
    if (this.#lines >= linesPerSecondMax) {
      this.#others++;
      return undefined;
    }
    this.#lines++;
    const others = this.#others;
    this.#others = 0;
    const time = new Date(epochMs).toISOString();
    if (format === "json") {
      const more = others === 0 ? {} : { others };
      return JSON.stringify({ time, remote: remoteAddress, dropped: why, ...more });
    }
    const more = others === 0 ? "" : `, and ${others} others before`;
    return `${time.slice(11, 19)} ${remoteAddress} closed: ${why}${more}`;
  }
}
