/**
 * HTTP dates. All three formats are read. One may be sent:
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

/** "00" to "99", in a plain loop, since this runs at each start. */
function makeTwoDigits(): readonly string[] {
  const texts: string[] = [];
  for (let n = 0; n < 100; n++) texts.push(n < 10 ? `0${n}` : `${n}`);
  return texts;
}

const twoDigits = makeTwoDigits();

/**
 * `epochMs` as an IMF-fixdate, rounded down to a whole second. A time outside the years 0 to 9999,
 * which the format can't express, becomes the first or the last second of those years.
 */
export function formatImfFixdate(epochMs: number): string {
  const clamped = Math.min(Math.max(epochMs, -62_167_219_200_000), 253_402_300_799_000);
  const date = new Date(Math.floor(clamped));
  const year = date.getUTCFullYear();
  const century = twoDigits[Math.floor(year / 100)] ?? "";
  const day = `${dayNames[date.getUTCDay()] ?? ""}, ${twoDigits[date.getUTCDate()] ?? ""}`;
  const month = monthNames[date.getUTCMonth()] ?? "";
  const hour = twoDigits[date.getUTCHours()] ?? "";
  const minute = twoDigits[date.getUTCMinutes()] ?? "";
  const second = twoDigits[date.getUTCSeconds()] ?? "";
  return `${day} ${month} ${century}${twoDigits[year % 100] ?? ""} ${hour}:${minute}:${second} GMT`;
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

/** The texts of a date's parts, in one order. */
type DateParts = readonly [
  month: string,
  day: string,
  hour: string,
  minute: string,
  second: string,
];

/** The instant in seconds since 1970; undefined when there is no such day or time of day. */
function secondsOf(year: number, parts: DateParts): number | undefined {
  const month = (monthNames as readonly string[]).indexOf(parts[0]);
  const [, day, hour, minute, second] = parts.map(Number) as [0, number, number, number, number];
  // §5.6.7 allows a leap second; it is counted as the second after it.
  if (month === -1 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (day < 1 || date.getUTCMonth() !== month) return undefined;
  return date.setUTCHours(hour, minute, second) / 1000;
}

/**
 * A year of two digits is the latest one that ends in them and puts the date no more than 50 years
 * ahead, to the second (§5.6.7).
 */
function secondsOfObsolete(year: number, parts: DateParts, nowSeconds: number): number | undefined {
  const limit = new Date(nowSeconds * 1000);
  const limitYear = limit.getUTCFullYear() + 50;
  limit.setUTCFullYear(limitYear);
  const latest = limitYear - ((limitYear - year) % 100);
  const seconds = secondsOf(latest, parts);
  const isAhead = seconds !== undefined && seconds * 1000 > limit.getTime();
  return isAhead ? secondsOf(latest - 100, parts) : seconds;
}

/**
 * Reads an HTTP date, in seconds since 1970; undefined when it is none. `nowSeconds` gives
 * two-digit years their century. The day of the week has to be one, and is not compared with the
 * date.
 */
export function parseHttpDate(value: string, nowSeconds: number): number | undefined {
  const named = value.slice(0, Math.max(0, value.search(/[ ,]/)));
  if (!weekdays.some((day) => day === named || day.slice(0, 3) === named)) return undefined;
  const imf = imfFixdate.exec(value);
  if (imf !== null) {
    const [, day = "", month = "", year, hour = "", minute = "", second = ""] = imf;
    return secondsOf(Number(year), [month, day, hour, minute, second]);
  }
  const obsolete = rfc850Date.exec(value);
  if (obsolete !== null) {
    const [, day = "", month = "", year, hour = "", minute = "", second = ""] = obsolete;
    return secondsOfObsolete(Number(year), [month, day, hour, minute, second], nowSeconds);
  }
  const asctime = asctimeDate.exec(value);
  if (asctime === null) return undefined;
  const [, month = "", day = "", hour = "", minute = "", second = "", year] = asctime;
  return secondsOf(Number(year), [month, day, hour, minute, second]);
}
