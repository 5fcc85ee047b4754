/**
 * Every ceiling and every deadline of the server, with its unit and its default, in one place.
 *
 * The rest of the code receives a `Limits` and holds no number of its own. `resolveLimits` is the
 * only way to make one, and it refuses a set whose members contradict each other, so that no layer
 * has to ask whether, say, a request line could be longer than the buffer that holds it.
 */

import type { Result } from "./result.ts";
import { failure, success } from "./result.ts";
import type { ByteCount, Milliseconds } from "./units.ts";
import { bytes, kibibytes, mebibytes, milliseconds, seconds } from "./units.ts";

/** The ceilings and deadlines of one server. Byte and count limits are inclusive. */
export interface Limits {
  /**
   * The request line without its CRLF; beyond it 414 (RFC 9112 §3). At least 8000 (same section).
   */
  readonly requestLineBytesMax: ByteCount;
  /**
   * A header section with its CRLFs and the empty line that ends it; beyond it 431 (RFC 6585 §5).
   */
  readonly headerSectionBytesMax: ByteCount;
  /** Field lines in a header section, and again in a trailer section; beyond it 431. */
  readonly fieldCountMax: number;
  /** Empty lines skipped before a request line; beyond it 400 (RFC 9112 §2.2). */
  readonly emptyLinesMax: number;
  /**
   * What the form handler reads of a request's content; beyond it 413 (RFC 9110 §15.5.14). A
   * handler of a route names its own bound when it reads.
   */
  readonly bodyBytesMax: ByteCount;
  /** The chunk-size line with its extensions, without CRLF; beyond it 400 (RFC 9112 §7.1.1). */
  readonly chunkLineBytesMax: ByteCount;
  /** Chunk extensions of one body, all chunks together; beyond it 400 (RFC 9112 §7.1.1). */
  readonly chunkExtensionsBytesMax: ByteCount;
  /** The trailer section of a chunked body; beyond it 431 (RFC 9112 §7.1.2). */
  readonly trailerSectionBytesMax: ByteCount;
  /**
   * What is read of a body that no handler wanted, so that the connection can go on; a longer one
   * is answered and the connection is closed.
   */
  readonly discardBytesMax: ByteCount;
  /**
   * Ranges of one request that are answered apart; with more the whole is sent (RFC 9110 §14.2).
   */
  readonly rangeCountMax: number;
  /** Parts of a multipart form, and pairs of a urlencoded one; beyond it 413. */
  readonly formFieldCountMax: number;
  /** A form's value as it stands in a log line; the rest is cut and marked. */
  readonly logValueBytesMax: ByteCount;

  /** From the first byte of a request to the end of its header section; then 408. */
  readonly headerTimeMs: Milliseconds;
  /** From the end of the header section to the end of the body, beside the rate below; then 408. */
  readonly bodyTimeMs: Milliseconds;
  /** The slowest a body may arrive, in bytes per second, once `bodyTimeMs` has passed; then 408. */
  readonly bodyBytesPerSecondMin: ByteCount;
  /** Between two requests on a connection; then the connection is closed without a word. */
  readonly idleTimeMs: Milliseconds;
  /** A write that makes no progress; then the connection is reset. */
  readonly writeTimeMs: Milliseconds;
  /** The slowest a client may read, in bytes per second, once `writeTimeMs` has passed. */
  readonly writeBytesPerSecondMin: ByteCount;
  /** How long a closing connection goes on reading, so that the client sees the answer (§9.6). */
  readonly lingerTimeMs: Milliseconds;
  /** How much a closing connection goes on reading. */
  readonly lingerBytesMax: ByteCount;
  /** How long a handler may take to answer; then 503. */
  readonly handlerTimeMs: Milliseconds;
  /** From the signal to stop to the end of the last connection; what is left then is reset. */
  readonly stopTimeMs: Milliseconds;

  /** Open connections in all; one more is answered 503 and closed. */
  readonly connectionsMax: number;
  /** Open connections of one client address; one more is answered 503 and closed. */
  readonly connectionsPerAddressMax: number;

  /** Unread body bytes kept for a handler before reading from the client is paused. */
  readonly bodyBufferBytesMax: ByteCount;
  /** A file up to this size is sent in one piece with its header section. */
  readonly inlineBytesMax: ByteCount;
  /** Small files that are kept in memory, all together, with what is known of paths. */
  readonly fileCacheBytesMax: ByteCount;
  /** Heads of requests that are kept, since they may come again, all together. */
  readonly requestCacheBytesMax: ByteCount;
  /** Large files that are kept open for requests to come; fewer if descriptors are scarce. */
  readonly openFilesKeptMax: number;
  /** How long one stays open that nobody asks for; at most twice this. */
  readonly openFilesRestMs: Milliseconds;
  /** The piece in which a larger file is read and sent. */
  readonly sendPieceBytes: ByteCount;
  /**
   * What one connection may send of a file before the others get their turn, and how much of larger
   * answers one turn begins to send to all of them.
   */
  readonly sendBurstBytes: ByteCount;
  /** Content below this size isn't compressed unless the client takes nothing else. */
  readonly codingBytesMin: ByteCount;
  /** Content above this size isn't compressed here; a form made ahead may be any size. */
  readonly codingBytesMax: ByteCount;
  /** Content that is being compressed at one time; with more it is sent as it is, or 503. */
  readonly codingAtOnceBytesMax: ByteCount;
  /** Compressed forms that are kept, all together. */
  readonly codingCacheBytesMax: ByteCount;
  /** How long the thread that compresses is kept when it has nothing to do. */
  readonly codingIdleTimeMs: Milliseconds;
  /** Symbolic links followed on the way to one file; beyond it 404. */
  readonly symlinkHopsMax: number;
  /** Entries shown in a folder's listing; the page says how many it left out. */
  readonly listingEntriesMax: number;
  /** Entries of a folder whose listing is made whole; one with more is sent while it is made. */
  readonly listingWholeEntriesMax: number;
  /** Requests that `server.requests` remembers; the oldest goes first. */
  readonly requestsKeptMax: number;

  /** Processes that may serve one port together; all other limits count for each of them. */
  readonly workersMax: number;
  /**
   * How long a worker may take to listen, to take a new configuration, and, after `stopTimeMs`, to
   * end; then it is killed.
   */
  readonly workerAnswerTimeMs: Milliseconds;
  /** From one start of a worker to the next start of the one in its place, at least. */
  readonly workerIntervalMs: Milliseconds;
  /** A worker that ends sooner after its start has failed. */
  readonly workerSteadyTimeMs: Milliseconds;
  /** How long a worker gathers lines of the access log; then it hands them over together. */
  readonly workerLogTimeMs: Milliseconds;
  /** Failures in a row, in the place of one worker, that are made good; with one more all end. */
  readonly workerFailuresMax: number;
}

/** What a server that was told nothing else lives by. */
export const defaultLimits: Limits = {
  requestLineBytesMax: kibibytes(8),
  headerSectionBytesMax: kibibytes(32),
  fieldCountMax: 100,
  emptyLinesMax: 2,
  bodyBytesMax: mebibytes(8),
  chunkLineBytesMax: kibibytes(1),
  chunkExtensionsBytesMax: kibibytes(16),
  trailerSectionBytesMax: kibibytes(8),
  discardBytesMax: kibibytes(256),
  rangeCountMax: 32,
  formFieldCountMax: 1000,
  logValueBytesMax: bytes(256),

  headerTimeMs: seconds(10),
  bodyTimeMs: seconds(20),
  bodyBytesPerSecondMin: bytes(256),
  idleTimeMs: seconds(10),
  writeTimeMs: seconds(10),
  writeBytesPerSecondMin: bytes(256),
  lingerTimeMs: seconds(2),
  lingerBytesMax: mebibytes(16),
  handlerTimeMs: seconds(30),
  stopTimeMs: seconds(5),

  connectionsMax: 20_000,
  connectionsPerAddressMax: 20_000,

  bodyBufferBytesMax: kibibytes(256),
  inlineBytesMax: kibibytes(32),
  fileCacheBytesMax: mebibytes(64),
  requestCacheBytesMax: mebibytes(16),
  openFilesKeptMax: 1000,
  openFilesRestMs: seconds(30),
  sendPieceBytes: kibibytes(128),
  sendBurstBytes: mebibytes(2),
  codingBytesMin: kibibytes(1),
  codingBytesMax: mebibytes(4),
  codingAtOnceBytesMax: mebibytes(16),
  codingCacheBytesMax: mebibytes(64),
  codingIdleTimeMs: seconds(30),
  symlinkHopsMax: 16,
  listingEntriesMax: 10_000,
  listingWholeEntriesMax: 1000,
  requestsKeptMax: 100,

  workersMax: 64,
  workerAnswerTimeMs: seconds(10),
  workerIntervalMs: seconds(1),
  workerSteadyTimeMs: seconds(10),
  workerLogTimeMs: milliseconds(10),
  workerFailuresMax: 5,
};

/** A limit that can't be: its name, and in words what it would have to be. */
export interface LimitFault {
  readonly limit: keyof Limits;
  readonly expected: string;
}

/** The relations that hold between limits; each would make another limit unreachable or void. */
const relations: readonly (LimitFault & { readonly holds: (limits: Limits) => boolean })[] = [
  {
    limit: "chunkLineBytesMax",
    expected: "at least 16, the digits of the largest chunk size",
    holds: (l) => l.chunkLineBytesMax >= 16,
  },
  {
    limit: "chunkLineBytesMax",
    expected: "at most chunkExtensionsBytesMax",
    holds: (l) => l.chunkLineBytesMax <= l.chunkExtensionsBytesMax,
  },
  {
    limit: "requestLineBytesMax",
    expected: "at least 16, the shortest request line",
    holds: (l) => l.requestLineBytesMax >= 16,
  },
  {
    limit: "headerSectionBytesMax",
    expected: "at least 16, a Host field line",
    holds: (l) => l.headerSectionBytesMax >= 16,
  },
  {
    limit: "trailerSectionBytesMax",
    expected: "at least 2, the empty line that ends a chunked body",
    holds: (l) => l.trailerSectionBytesMax >= 2,
  },
  { limit: "fieldCountMax", expected: "at least 1, for Host", holds: (l) => l.fieldCountMax >= 1 },
  {
    limit: "connectionsPerAddressMax",
    expected: "at most connectionsMax",
    holds: (l) => l.connectionsPerAddressMax <= l.connectionsMax,
  },
  {
    limit: "sendPieceBytes",
    expected: "at least inlineBytesMax",
    holds: (l) => l.sendPieceBytes >= l.inlineBytesMax,
  },
  {
    limit: "sendBurstBytes",
    expected: "at least sendPieceBytes",
    holds: (l) => l.sendBurstBytes >= l.sendPieceBytes,
  },
  {
    limit: "codingAtOnceBytesMax",
    expected: "at least codingBytesMax",
    holds: (l) => l.codingAtOnceBytesMax >= l.codingBytesMax,
  },
  {
    limit: "workerSteadyTimeMs",
    expected: "at least workerIntervalMs",
    holds: (l) => l.workerSteadyTimeMs >= l.workerIntervalMs,
  },
];

/**
 * The defaults with `changes` on top. Fails with the first limit that is no number, is negative, or
 * breaks a relation with another; a limit that is absent in `changes` keeps its default.
 */
export function resolveLimits(
  changes: Partial<Record<keyof Limits, number>> = {},
): Result<Limits, LimitFault> {
  const limits = { ...defaultLimits } as Record<keyof Limits, number>;
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(defaultLimits, name)) {
      return failure({ limit: name as keyof Limits, expected: "the name of a limit" });
    }
    if (!Number.isSafeInteger(value) || value < 0) {
      return failure({ limit: name as keyof Limits, expected: "a whole number, zero or more" });
    }
    const limit = name as keyof Limits;
    limits[limit] = limit.endsWith("Ms") ? milliseconds(value) : value;
  }
  const broken = relations.find((relation) => !relation.holds(limits as Limits));
  if (broken !== undefined) return failure({ limit: broken.limit, expected: broken.expected });
  return success(limits as Limits);
}
