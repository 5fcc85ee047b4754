/**
 * Every limit and every timeout of the server, with its unit and its default, in one place.
 *
 * The rest of the code receives a `Limits` and has no number of its own. Only `resolveLimits` makes
 * one, and it refuses limits that contradict each other, so that no layer has to check whether,
 * say, a request line can be longer than the buffer that holds it.
 */

import type { GroupedLimits } from "./limits/limit-groups.ts";
import type { Result } from "./result.ts";
import { failure, success } from "./result.ts";
import type { ByteCount, Milliseconds } from "./units.ts";
import { bytes, kibibytes, mebibytes, milliseconds, seconds } from "./units.ts";

/** The limits and timeouts of one server. Byte and count limits are inclusive. */
export interface Limits extends GroupedLimits {
  /**
   * The request line without its CRLF; beyond it 414 (RFC 9112 §3). The same section recommends at
   * least 8000.
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
   * The content of a request that is a form; beyond it 413 (RFC 9110 §15.5.14). A route names its
   * own limit when it reads.
   */
  readonly bodyBytesMax: ByteCount;
  /**
   * The bodies that are in memory at one time, gathered or waiting for a reader. A request whose
   * body would be more is answered 503, and what has no reader is left in the kernel. One that is
   * alone may have any size that its reader takes.
   */
  readonly bodiesBytesMax: ByteCount;
  /** The chunk-size line with its extensions, without CRLF; beyond it 400 (RFC 9112 §7.1.1). */
  readonly chunkLineBytesMax: ByteCount;
  /** The chunk extensions of all chunks of one body; beyond it 400 (RFC 9112 §7.1.1). */
  readonly chunkExtensionsBytesMax: ByteCount;
  /** The trailer section of a chunked body; beyond it 431 (RFC 9112 §7.1.2). */
  readonly trailerSectionBytesMax: ByteCount;
  /**
   * How much of a body that no handler has read is read and discarded, so that the connection can
   * be used again. After a longer one it is closed.
   */
  readonly discardBytesMax: ByteCount;
  /** Ranges of one request; with more the whole representation is sent (RFC 9110 §14.2). */
  readonly rangeCountMax: number;
  /** Parts of a multipart form, and pairs of a urlencoded one; beyond it 413. */
  readonly formFieldCountMax: number;

  /** From the first byte of a request to the end of its header section; after it 408. */
  readonly headerTimeMs: Milliseconds;
  /** How long a body may take at any rate; after it the rate below is required, else 408. */
  readonly bodyTimeMs: Milliseconds;
  /** The least rate of a body, in bytes per second, once it has taken `bodyTimeMs`. */
  readonly bodyBytesPerSecondMin: ByteCount;
  /** The most time ahead that the octets of a body earn at that rate. */
  readonly bodyEarnedTimeMs: Milliseconds;
  /** How long a body may go without an octet; after it 408. */
  readonly bodyStallTimeMs: Milliseconds;
  /**
   * Between two requests on a connection; after it the connection is closed without a response.
   * `Keep-Alive` announces a second less.
   */
  readonly idleTimeMs: Milliseconds;
  /** How long a write may make no progress; after it the connection is reset. */
  readonly writeTimeMs: Milliseconds;
  /**
   * The same when connections or memory are scarce: `writeTimeMs` shrinks to it while the second
   * half of `connectionsMax`, or of `unreadScarceBytes`, is taken.
   */
  readonly writeTimeScarceMs: Milliseconds;
  /** Bytes sent to clients that pause, and not read by them, on all connections together. */
  readonly unreadScarceBytes: ByteCount;
  /** The least rate at which a client reads, in bytes per second, once `writeTimeMs` has passed. */
  readonly writeBytesPerSecondMin: ByteCount;
  /**
   * How long a connection that is closing still reads, so that the client gets the response (RFC
   * 9112 §9.6).
   */
  readonly lingerTimeMs: Milliseconds;
  /** How much a connection that is closing still reads. */
  readonly lingerBytesMax: ByteCount;
  /** How long a handler may take to answer; after it 503. */
  readonly handlerTimeMs: Milliseconds;
  /** From the signal to stop to the end of the last connection. Those left after it are reset. */
  readonly stopTimeMs: Milliseconds;
  /**
   * How long a process whose socket another one goes on with lets clients use the connections that
   * they have, for one more request each, before it stops: one that runs already.
   */
  readonly handoverTimeMs: Milliseconds;
  /** The same of one that a service manager starts when this one has ended. */
  readonly restartTimeMs: Milliseconds;

  /**
   * How often a server with a local certificate looks whether it still fits the machine's names and
   * addresses, and the time.
   */
  readonly certificateLookTimeMs: Milliseconds;

  /** Folders that are served together, each under its own path. */
  readonly mountsMax: number;
  /** Open connections; one more is answered 503 and closed. */
  readonly connectionsMax: number;
  /** Open connections of one client address; one more is answered 503 and closed. */
  readonly connectionsPerAddressMax: number;
  /** The slowest line that `throttle` may ask for, in bytes per second. */
  readonly throttleBytesPerSecondMin: ByteCount;
  /** The longest latency that `throttle` may ask for. */
  readonly throttleLatencyMs: Milliseconds;
  /**
   * Connections for which the kernel buffers as much as it likes, usually 4 MB. One that is
   * accepted while so many are open has the bound of `unsentBytesMax`.
   */
  readonly roomyConnectionsMax: number;
  /** What the kernel buffers of a response beside what it has sent, on such a connection. */
  readonly unsentBytesMax: ByteCount;

  /**
   * Copies of responses that wait for clients which don't read, on all connections together; a
   * connection that would need more is reset. Copies of up to 16 KiB for one client aren't counted.
   */
  readonly queuedBytesMax: ByteCount;
  /** Bytes of a body that a handler has not read yet; beyond it reading from the client pauses. */
  readonly bodyBufferBytesMax: ByteCount;
  /** A file of up to this size is sent from memory, in one piece with its header section. */
  readonly inlineBytesMax: ByteCount;
  /** How much is sent of a file whose size the file system doesn't tell, as in /proc. */
  readonly unsizedFileBytesMax: ByteCount;
  /** The cache of lookups, which contains the small files and the cached responses. */
  readonly fileCacheBytesMax: ByteCount;
  /** The cache of request heads. */
  readonly requestCacheBytesMax: ByteCount;
  /** How much the process may grow until it collects garbage when it has become quiet. */
  readonly collectGrowthBytes: ByteCount;
  /**
   * Up to which size of the process it collects. Most of a larger one belongs to the program that
   * the server runs in, which a collection would hold up for longer.
   */
  readonly collectProcessBytesMax: ByteCount;
  /** Large files kept open for further requests; fewer where the process may open few files. */
  readonly openFilesKeptMax: number;
  /**
   * How long a large file is kept open without a request for it, at least; at most twice this.
   * While it is open, its file system can't be unmounted. To open it again takes some 6 µs.
   */
  readonly openFilesRestMs: Milliseconds;
  /** The pieces in which a larger file is read and sent. */
  readonly sendPieceBytes: ByteCount;
  /**
   * How much of a file one connection sends in one turn of the event loop, and how much of larger
   * responses one turn begins to send on all connections.
   */
  readonly sendBurstBytes: ByteCount;
  /** Symbolic links followed on the way to one file; beyond it 404. */
  readonly symlinkHopsMax: number;
  /**
   * How often a path is looked up for one request while files on it are replaced between the look
   * and the opening; beyond it 500.
   */
  readonly lookupTriesMax: number;
  /** How much of the path that was asked for an error page shows; the rest is cut. */
  readonly shownPathBytesMax: ByteCount;
  /** Entries of a folder among which names similar to a missing one are looked for; else none. */
  readonly nearNamesEntriesMax: number;
  /** Names similar to a missing one that an error page or a line of the log has. */
  readonly nearNamesMax: number;
  /** Searches for such names in a second; for more requests none are looked for. */
  readonly nearSearchesPerSecondMax: number;
  /** Archives that are sent at one time; one more is answered 503. */
  readonly archivesMax: number;
  /** Entries in an archive; with more the response is broken off. */
  readonly archiveEntriesMax: number;
  /** How deep the folders of an archive are nested; a deeper one breaks the response off. */
  readonly archiveDepthMax: number;
  /** An image whose file is larger has no thumbnail. */
  readonly thumbnailFileBytesMax: ByteCount;
  /**
   * An image with more pixels, as its header says, has no thumbnail. Those that are decoded at one
   * time have no more together; a pixel takes four bytes meanwhile.
   */
  readonly thumbnailPixelsMax: number;
  /** Images that are read and decoded for thumbnails at one time. Others wait. */
  readonly thumbnailsAtOnceMax: number;
  /** Thumbnails that are being made or wait for it; one more is answered 503. */
  readonly thumbnailsWaitingMax: number;
  /** The cache of thumbnails. */
  readonly thumbnailCacheBytesMax: ByteCount;
  /** How much of a Markdown file or a README is shown; the rest is cut. */
  readonly markdownBytesMax: ByteCount;
  /** How long it may take to render Markdown; after it the text is shown as it is. */
  readonly markdownTimeMs: Milliseconds;
  /** Markdown files that are being rendered or wait for it; one more is answered 503. */
  readonly markdownsWaitingMax: number;
  /** The cache of rendered Markdown. */
  readonly markdownCacheBytesMax: ByteCount;
  /** Requests in `server.requests`; the oldest is dropped first. */
  readonly requestsKeptMax: number;
  /** What they cost together: heads, and what is kept of bodies. */
  readonly requestsKeptBytesMax: ByteCount;
  /** What is kept of the body of one of them; 0 for nothing. */
  readonly requestBodyKeptBytesMax: ByteCount;
  /** How long `server.next` waits for a request that isn't there yet, unless it is told. */
  readonly requestWaitTimeMs: Milliseconds;
  /** How long `check --proxy` waits for a connection to the server behind it; after it 502. */
  readonly proxyConnectTimeMs: Milliseconds;
  /** How long nothing may pass between the two; after it both connections are reset. */
  readonly proxyIdleTimeMs: Milliseconds;

  /** A user's name and password in a request; longer ones are wrong. */
  readonly credentialsBytesMax: ByteCount;
  /** What is kept of credentials that were right; 256 bytes for each user's. */
  readonly credentialsKeptBytesMax: ByteCount;
  /**
   * What the kernel buffers of an answer of a backend, on a connection that is opened while
   * `roomyConnectionsMax` are. About twice as much waits here for each client that reads slowly.
   */
  readonly backendUnreadBytesMax: ByteCount;
  /** Connections to one backend; further requests wait for one of them. */
  readonly backendConnectionsMax: number;
  /** Requests that wait for a connection to one backend; one more is answered 503. */
  readonly backendQueueMax: number;
  /** How long a connection to a backend may take to be there, waiting included; after it 504. */
  readonly backendConnectTimeMs: Milliseconds;
  /** From the last octet of a request to the head of its backend's answer; after it 504. */
  readonly backendResponseTimeMs: Milliseconds;
  /** How long a backend may be silent in an answer, and both sides in a tunnel; then a reset. */
  readonly backendSilenceTimeMs: Milliseconds;
  /** How long a connection to a backend is kept for another request. */
  readonly backendIdleTimeMs: Milliseconds;
  /** How long a backend may take to ask for content with 100; after it the content is sent. */
  readonly backendContinueTimeMs: Milliseconds;
  /** Interim responses that a backend may send for one request; beyond it 502. */
  readonly backendInterimMax: number;
}

/** The limits of a server that sets none. */
export const defaultLimits: Limits = {
  requestLineBytesMax: kibibytes(8),
  headerSectionBytesMax: kibibytes(32),
  fieldCountMax: 100,
  emptyLinesMax: 2,
  bodyBytesMax: mebibytes(8),
  bodiesBytesMax: mebibytes(64),
  chunkLineBytesMax: kibibytes(1),
  chunkExtensionsBytesMax: kibibytes(16),
  trailerSectionBytesMax: kibibytes(8),
  discardBytesMax: kibibytes(256),
  rangeCountMax: 32,
  formFieldCountMax: 1000,
  logValueBytesMax: bytes(256),
  logQueueBytesMax: mebibytes(8),

  headerTimeMs: seconds(10),
  bodyTimeMs: seconds(20),
  bodyBytesPerSecondMin: bytes(256),
  bodyEarnedTimeMs: seconds(60),
  bodyStallTimeMs: seconds(10),
  idleTimeMs: seconds(10),
  writeTimeMs: seconds(60),
  writeTimeScarceMs: seconds(10),
  unreadScarceBytes: mebibytes(256),
  writeBytesPerSecondMin: bytes(256),
  lingerTimeMs: seconds(2),
  lingerBytesMax: mebibytes(16),
  handlerTimeMs: seconds(30),
  stopTimeMs: seconds(5),
  handoverTimeMs: seconds(600),
  restartTimeMs: seconds(1),
  logStallTimeMs: seconds(1),
  logDropsTimeMs: seconds(10),
  logDropsIntervalMs: seconds(60),
  certificateLookTimeMs: seconds(600),

  mountsMax: 64,
  connectionsMax: 20_000,
  connectionsPerAddressMax: 20_000,
  forwardedHopsMax: 32,
  trustedNetsMax: 1000,
  proxyHeaderBytesMax: kibibytes(4),
  throttleBytesPerSecondMin: bytes(1000),
  throttleLatencyMs: seconds(10),
  roomyConnectionsMax: 64,
  unsentBytesMax: kibibytes(256),

  queuedBytesMax: mebibytes(64),
  bodyBufferBytesMax: kibibytes(256),
  inlineBytesMax: kibibytes(32),
  unsizedFileBytesMax: mebibytes(64),
  fileCacheBytesMax: mebibytes(64),
  requestCacheBytesMax: mebibytes(16),
  collectGrowthBytes: mebibytes(48),
  collectProcessBytesMax: mebibytes(768),
  openFilesKeptMax: 1000,
  openFilesRestMs: seconds(2),
  sendPieceBytes: kibibytes(128),
  sendBurstBytes: mebibytes(2),
  codingBytesMin: kibibytes(1),
  codingBytesMax: mebibytes(4),
  codingAtOnceBytesMax: mebibytes(16),
  codingCacheBytesMax: mebibytes(64),
  codingIdleTimeMs: seconds(30),
  symlinkHopsMax: 16,
  lookupTriesMax: 10,
  listingEntriesMax: 1000,
  listingOrderedEntriesMax: 200_000,
  listingWholeEntriesMax: 1000,
  listingCacheBytesMax: mebibytes(8),
  shownPathBytesMax: bytes(256),
  nearNamesEntriesMax: 2000,
  nearNamesMax: 5,
  nearSearchesPerSecondMax: 20,
  archivesMax: 4,
  archiveEntriesMax: 250_000,
  archiveDepthMax: 100,
  thumbnailFileBytesMax: mebibytes(32),
  thumbnailPixelsMax: 50_000_000,
  thumbnailsAtOnceMax: 4,
  thumbnailsWaitingMax: 256,
  thumbnailCacheBytesMax: mebibytes(32),
  markdownBytesMax: kibibytes(256),
  markdownTimeMs: seconds(2),
  markdownsWaitingMax: 64,
  markdownCacheBytesMax: mebibytes(8),
  requestsKeptMax: 100,
  requestsKeptBytesMax: mebibytes(16),
  requestBodyKeptBytesMax: mebibytes(1),
  requestWaitTimeMs: seconds(2),
  recordBodyBytesMax: mebibytes(1),
  recordHeldBytesMax: mebibytes(64),
  recordPhasesMax: 100,
  recordScriptsMax: 1000,
  recordFolderBytesMax: mebibytes(256),
  proxyConnectTimeMs: seconds(5),
  proxyIdleTimeMs: seconds(300),

  uploadBytesMax: mebibytes(16 * 1024),
  uploadFilesMax: 256,
  uploadDepthMax: 32,
  uploadsAtOnceMax: 1024,
  uploadsPerAddressMax: 256,
  uploadBytesPerSecondMin: kibibytes(16),
  uploadSlowTimeMs: seconds(2),
  uploadDiskTimeMs: seconds(120),
  uploadsUnfinishedMax: 1000,
  uploadUnfinishedTimeMs: seconds(86_400),
  uploadFreeBytesMin: mebibytes(64),
  uploadRecountTimeMs: seconds(10),
  uploadSweepEntriesMax: 200_000,

  faultRulesMax: 1000,
  faultWaitTimeMs: seconds(600),
  faultHeadBytesMax: mebibytes(16),
  faultFieldsMax: 100_000,
  faultInterimMax: 100_000,
  faultEndlessBytesMax: mebibytes(1024),

  webSocketMessageBytesMax: mebibytes(16),
  webSocketFragmentsMax: 262_144,
  webSocketInboxBytesMax: mebibytes(1),
  webSocketQueueBytesMax: mebibytes(16),
  webSocketIdleTimeMs: seconds(30),
  webSocketPongTimeMs: seconds(10),
  webSocketMessageTimeMs: seconds(120),
  webSocketCloseTimeMs: seconds(2),

  passwordFileBytesMax: mebibytes(1),
  credentialsBytesMax: kibibytes(1),
  credentialsKeptBytesMax: kibibytes(256),
  passwordChecksAtOnceMax: 2,
  passwordChecksWaitingMax: 64,
  loginsPerAddressMax: 8,
  loginAddressesMax: 4096,
  failedLoginTimeMs: milliseconds(250),
  failedLoginLongestTimeMs: seconds(4),
  failedLoginKeptTimeMs: seconds(60),
  backendUnreadBytesMax: kibibytes(32),
  backendConnectionsMax: 1000,
  backendQueueMax: 1000,
  backendConnectTimeMs: seconds(5),
  backendResponseTimeMs: seconds(60),
  backendSilenceTimeMs: seconds(3600),
  backendIdleTimeMs: seconds(4),
  backendContinueTimeMs: seconds(1),
  backendInterimMax: 16,

  storeObjectBytesMax: mebibytes(4),
  storeDiskBytesMax: mebibytes(1024),
  storeRequestsMax: 64,
  storeStreamsMax: 128,
  storeQueueMax: 1000,
  storeTriesMax: 3,
  storeResponseTimeMs: seconds(5),
  storeSilenceTimeMs: seconds(2),
  storeTimeMs: seconds(10),
  storeStreamTimeMs: seconds(15),
  storeOptionalTimeMs: seconds(1),
  storeFailuresMax: 8,
  storeOpenTimeMs: seconds(1),
  storeWritesMax: 16,
  storeWriteTimeMs: seconds(60),
  storePartBytes: mebibytes(5),
  storePartsBytesMax: mebibytes(32),

  liveStreamsMax: 1000,
  liveChangesMax: 1000,
  liveQuietTimeMs: milliseconds(100),
  liveGoneTimeMs: seconds(1),
  liveGatherTimeMs: seconds(5),
  liveRootTimeMs: seconds(1),
  liveBeatTimeMs: seconds(20),

  auditEntriesMax: 500_000,
  auditDepthMax: 64,
  auditTimeMs: seconds(60),
  auditFindingsMax: 1000,
  refusedCountEntriesMax: 20_000,
  refusedCountTimeMs: seconds(2),

  operationsConnectionsMax: 16,
  metricsTimeMs: seconds(1),
  loopLookTimeMs: milliseconds(100),
  drainTimeMs: seconds(0),
  codeLoadDelayMs: seconds(10),

  workersMax: 64,
  workerAnswerTimeMs: seconds(10),
  workerIntervalMs: seconds(1),
  workerSteadyTimeMs: seconds(10),
  workerLogTimeMs: milliseconds(10),
  workerLookTimeMs: seconds(1),
  workerSilenceTimeMs: seconds(30),
  workerFailuresMax: 5,
};

/** A limit that is refused: its name, and in words what it has to be. */
interface LimitFault {
  readonly limit: keyof Limits;
  readonly expected: string;
}

/** A relation that has to hold, and the limit that is refused where it doesn't. */
interface LimitRelation extends LimitFault {
  readonly holds: (limits: Limits) => boolean;
}

/** `limit` is `least` or more, for the reason `why`. */
function atLeast(limit: keyof Limits, least: number, why = ""): LimitRelation {
  const expected = `at least ${least}${why === "" ? "" : `, ${why}`}`;
  return { limit, expected, holds: (limits) => limits[limit] >= least };
}

/** The relation that `limit` is at least as large as `other`. */
function atLeastAs(limit: keyof Limits, other: keyof Limits): LimitRelation {
  return { limit, expected: `at least ${other}`, holds: (l) => l[limit] >= l[other] };
}

/** `limit` is at most what `most` says, which `holds` checks. */
function atMost(limit: keyof Limits, most: string, holds: LimitRelation["holds"]): LimitRelation {
  return { limit, expected: `at most ${most}`, holds };
}

/**
 * The relations between limits. Where one doesn't hold, a limit can't be reached or has no effect.
 * A function, because a start with the defaults doesn't need them.
 */
const relations = (): readonly LimitRelation[] => [
  atLeast("chunkLineBytesMax", 16, "the digits of the largest chunk size"),
  atLeast("lookupTriesMax", 1),
  atMost(
    "chunkLineBytesMax",
    "chunkExtensionsBytesMax",
    (l) => l.chunkLineBytesMax <= l.chunkExtensionsBytesMax,
  ),
  atLeast("requestLineBytesMax", 16, "the shortest request line"),
  atLeast("headerSectionBytesMax", 16, "a Host field line"),
  atLeast("trailerSectionBytesMax", 2, "the empty line that ends a chunked body"),
  atLeast("fieldCountMax", 1, "for Host"),
  atMost(
    "connectionsPerAddressMax",
    "connectionsMax",
    (l) => l.connectionsPerAddressMax <= l.connectionsMax,
  ),
  atLeast("proxyHeaderBytesMax", 232, "the longest addresses"),
  atLeastAs("sendPieceBytes", "inlineBytesMax"),
  atLeastAs("sendBurstBytes", "sendPieceBytes"),
  atLeastAs("codingAtOnceBytesMax", "codingBytesMax"),
  atLeast("certificateLookTimeMs", 1),
  atLeast("liveRootTimeMs", 10, "so that the looks leave time for requests"),
  atLeast("liveBeatTimeMs", 10, "so that the comments leave time for requests"),
  atLeast("listingEntriesMax", 1),
  atLeastAs("listingOrderedEntriesMax", "listingEntriesMax"),
  {
    limit: "archiveDepthMax",
    expected: "at most 255: a name in a zip archive has at most 65,535 octets",
    holds: (l) => l.archiveDepthMax <= 255,
  },
  atLeast("thumbnailsAtOnceMax", 1, "or no thumbnail is ever made"),
  atLeastAs("requestsKeptBytesMax", "requestBodyKeptBytesMax"),
  atLeastAs("recordHeldBytesMax", "recordBodyBytesMax"),
  atLeast("recordPhasesMax", 1),
  atLeastAs("uploadsAtOnceMax", "uploadsPerAddressMax"),
  atLeastAs("uploadsPerAddressMax", "uploadFilesMax"),
  atLeast("webSocketFragmentsMax", 1, "or no message can come"),
  atLeast("passwordChecksAtOnceMax", 1, "or no password is ever right"),
  atLeast("loginsPerAddressMax", 1, "or no user can log in"),
  atLeast("loginAddressesMax", 1, "or no user can log in"),
  atLeastAs("failedLoginLongestTimeMs", "failedLoginTimeMs"),
  atLeast("operationsConnectionsMax", 1, "or metrics and health can't be asked for"),
  atLeast("loopLookTimeMs", 10, "so that the looks leave time for requests"),
  atLeast("backendConnectionsMax", 1, "or no backend is ever asked"),
  atLeastAs("storeObjectBytesMax", "codingBytesMax"),
  atLeast("storeRequestsMax", 1, "or nothing is ever asked of a store"),
  atLeast("storeStreamsMax", 1, "or no large object is ever sent"),
  atMost(
    "storeStreamsMax",
    "256 with storeRequestsMax and storeWritesMax, as many connections as the runtime opens",
    (l) => l.storeStreamsMax + l.storeRequestsMax + l.storeWritesMax <= 256,
  ),
  atLeast("storeWritesMax", 1, "or nothing is ever stored in a store"),
  atLeast("storePartBytes", 5 * 1024 * 1024, "the least part that stores take"),
  atLeast("storeFailuresMax", 1),
  atLeastAs("storeTimeMs", "storeResponseTimeMs"),
  atLeastAs("storeTimeMs", "storeOptionalTimeMs"),
  atLeast("storeSilenceTimeMs", 10, "so that the looks leave time for requests"),
  atLeastAs("workerSteadyTimeMs", "workerIntervalMs"),
  atLeast("workerLookTimeMs", 10, "so that the looks leave time for requests"),
  atLeastAs("workerSilenceTimeMs", "workerLookTimeMs"),
  atLeastAs("handoverTimeMs", "restartTimeMs"),
];

/**
 * The defaults with `changes` applied. Fails with the first limit that is not a whole number, is
 * negative or breaks a relation with another.
 */
export function resolveLimits(
  changes: Partial<Record<keyof Limits, number>> = defaultLimits,
): Result<Limits, LimitFault> {
  // The defaults break no relation (test/base/limits.test.ts), and a start has no time to look.
  if (changes === defaultLimits) return success(defaultLimits);
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
  const broken = relations().find((relation) => !relation.holds(limits as Limits));
  if (broken !== undefined) return failure({ limit: broken.limit, expected: broken.expected });
  return success(limits as Limits);
}
