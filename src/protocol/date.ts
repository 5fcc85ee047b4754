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

/**
 * HTTP-date = IMF-fixdate / obs-date (RFC 9110 §5.6.7), each to the letter:
 *
 *   IMF-fixdate  = day-name "," SP date1 SP time-of-day SP GMT   ; Sun, 06 Nov 1994 08:49:37 GMT
 *   rfc850-date  = day-name-l "," SP date2 SP time-of-day SP GMT ; Sunday, 06-Nov-94 08:49:37 GMT
 *   asctime-date = day-name SP date3 SP time-of-day SP year      ; Sun Nov  6 08:49:37 1994
 */
const imfFixdate = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const rfc850Date = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const asctimeDate = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** A year of two digits is the last one so named that isn't more than 50 years ahead (§5.6.7). */
function fullYear(twoDigit: number, nowSeconds: number): number {
  const current = new Date(nowSeconds * 1000).getUTCFullYear();
  const year = current - (current % 100) + twoDigit;
  return year > current + 50 ? year - 100 : year;
}

/** The parts of a date in one order: year, month's name, day, hour, minute, second. */
function dateParts(value: string, nowSeconds: number): readonly string[] | undefined {
  const imf = imfFixdate.exec(value);
  if (imf !== null) {
    const [, day = "", month = "", year = "", ...time] = imf;
    return [year, month, day, ...time];
  }
  const obsolete = rfc850Date.exec(value);
  if (obsolete !== null) {
    const [, day = "", month = "", year = "", ...time] = obsolete;
    return [String(fullYear(Number(year), nowSeconds)), month, day, ...time];
  }
  const asctime = asctimeDate.exec(value);
  if (asctime === null) return undefined;
  const [, month = "", day = "", hour = "", minute = "", second = "", year = ""] = asctime;
  return [year, month, day, hour, minute, second];
}

/**
 * Reads an HTTP date, in seconds since 1970; undefined when it is none. `nowSeconds` gives two-digit
 * years their century. The day of the week has to be a day, and is not held against the date.
 */
export function parseHttpDate(value: string, nowSeconds: number): number | undefined {
  const named = value.slice(0, Math.max(0, value.search(/[ ,]/)));
  const isDay = weekdays.some((day) => day === named || day.slice(0, 3) === named);
  const parts = isDay ? dateParts(value, nowSeconds) : undefined;
  if (parts === undefined) return undefined;
  const [year = "", monthName = "", day = "", hour = "", minute = "", second = ""] = parts;
  const month = (monthNames as readonly string[]).indexOf(monthName);
  // §5.6.7 lets a leap second be said; it is counted as the second after.
  if (month === -1 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) {
    return undefined;
  }
  const date = new Date(0);
  date.setUTCFullYear(Number(year), month, Number(day));
  if (Number(day) < 1 || date.getUTCMonth() !== month) return undefined;
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  return date.getTime() / 1000;
}
