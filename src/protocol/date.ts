/**
 * HTTP dates. Only the one format that may be sent is made here:
 *
 *   IMF-fixdate = day-name "," SP date1 SP time-of-day SP GMT (RFC 9110 §5.6.7)
 */

const dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const monthNames = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
] as const;

const twoDigits = (n: number): string => (n < 10 ? `0${n}` : String(n));

/** The length of every IMF-fixdate of the years 0 to 9999, in octets. */
export const imfFixdateLength = 29;

/**
 * `epochMs` as an IMF-fixdate, cut to the whole second below. Years outside 0 to 9999, which the
 * format can't say, come out as its first and its last second.
 */
export function formatImfFixdate(epochMs: number): string {
  const clamped = Math.min(Math.max(epochMs, -62_167_219_200_000), 253_402_300_799_000);
  const date = new Date(Math.floor(clamped));
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  const day = `${dayNames[date.getUTCDay()] ?? ""}, ${twoDigits(date.getUTCDate())}`;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits);
  return `${day} ${monthNames[date.getUTCMonth()] ?? ""} ${year} ${time.join(":")} GMT`;
}
