/**
 * Groups of limits, as types: `base/limits.ts` has the others, and the values of all. Byte and
 * count limits are inclusive.
 */

import type { ByteCount, Milliseconds } from "../units.ts";

/** A tree in an object store. */
interface StoreLimits {
  /** An object of a store of up to this size is read whole; a larger one is sent as it comes. */
  readonly storeObjectBytesMax: ByteCount;
  /** What is kept of objects in a folder on disk, and a sixteenth more for each process. */
  readonly storeDiskBytesMax: ByteCount;
  /** Requests to a store that are under way, besides streams. Others wait. */
  readonly storeRequestsMax: number;
  /** Large objects that are sent at one time with a connection to the store each. Others wait. */
  readonly storeStreamsMax: number;
  /** Requests that wait for their turn to be sent to a store; one more is answered 503. */
  readonly storeQueueMax: number;
  /** Attempts of one request to a store. */
  readonly storeTriesMax: number;
  /** How long a store may take to answer one attempt, and be silent in a stream. */
  readonly storeResponseTimeMs: Milliseconds;
  /**
   * How long a request that reads from a store may wait while nothing else is answered; after it a
   * probe, which may take as long again. After both all requests that wait are answered 504, and
   * the store isn't asked for a while.
   */
  readonly storeSilenceTimeMs: Milliseconds;
  /** How long a request to a store may take with all attempts; after it 504. */
  readonly storeTimeMs: Milliseconds;
  /** How long a stream whose store fails asks for the rest; after it a reset. */
  readonly storeStreamTimeMs: Milliseconds;
  /**
   * How long a request to a store may take whose answer can be done without, or for which there is
   * an answer that is stale and may be used.
   */
  readonly storeOptionalTimeMs: Milliseconds;
  /**
   * Failures of a store in a row; after them, if what is known to be there fails, too, it isn't
   * asked for a while, and answers are 503.
   */
  readonly storeFailuresMax: number;
  /** That while. */
  readonly storeOpenTimeMs: Milliseconds;
  /** Requests that write to a store which are under way. Others wait. */
  readonly storeWritesMax: number;
  /** How long a store may take to answer one attempt of a request that writes. */
  readonly storeWriteTimeMs: Milliseconds;
  /**
   * A file of up to this size is stored by one request, a larger one in parts of this size, or of
   * as much more as a thousand parts take. Stores take no smaller parts than 5 MiB.
   */
  readonly storePartBytes: ByteCount;
  /**
   * Parts of uploads to a store that are in memory at one time; clients whose part has no room are
   * held back. One that is alone may have any size.
   */
  readonly storePartsBytesMax: ByteCount;
}

/** What goes wrong on purpose. */
interface FaultLimits {
  /** Rules of faults, those that were added by `server.fault` among them. */
  readonly faultRulesMax: number;
  /**
   * How long one fault may wait, and all faults of one response together; beyond it the connection
   * is reset.
   */
  readonly faultWaitTimeMs: Milliseconds;
  /** Octets that a fault adds to a head, or sends in its place. */
  readonly faultHeadBytesMax: ByteCount;
  /** Field lines that a fault adds to a head. */
  readonly faultFieldsMax: number;
  /** Interim responses that a fault sends before one response. */
  readonly faultInterimMax: number;
  /** How much content an endless response has; after it the connection is reset. */
  readonly faultEndlessBytesMax: ByteCount;
}

/** Recordings of traffic as wire scripts. */
interface RecordLimits {
  /**
   * What a recording of wire scripts keeps of one body. An answer with a longer one is compared by
   * length and digest; a request with a longer one is left out.
   */
  readonly recordBodyBytesMax: ByteCount;
  /** What it holds in memory; beyond it a script is written, or an exchange left out. */
  readonly recordHeldBytesMax: ByteCount;
  /** Phases of one script of a recording; the next script goes on. */
  readonly recordPhasesMax: number;
  /** Scripts of one recording; beyond it nothing more is recorded. */
  readonly recordScriptsMax: number;
  /** What one recording writes; beyond it nothing more is recorded. */
  readonly recordFolderBytesMax: ByteCount;
}

/** WebSockets. */
interface WebSocketLimits {
  /** A message of a WebSocket, all of its fragments; beyond it the socket is closed with 1009. */
  readonly webSocketMessageBytesMax: ByteCount;
  /** Fragments of a message; beyond it the socket is closed with 1008. */
  readonly webSocketFragmentsMax: number;
  /** Messages of a WebSocket that wait for their handler; beyond it the client is held back. */
  readonly webSocketInboxBytesMax: ByteCount;
  /** What waits for a client to read when more is sent to it; beyond it the connection is reset. */
  readonly webSocketQueueBytesMax: ByteCount;
  /** How long a client may send nothing until it is pinged. */
  readonly webSocketIdleTimeMs: Milliseconds;
  /** How long it may send nothing after that; then the connection is reset. */
  readonly webSocketPongTimeMs: Milliseconds;
  /** From the first octet of a message to its last; after it the socket is closed with 1008. */
  readonly webSocketMessageTimeMs: Milliseconds;
  /** How long a client may take to answer a Close frame; after it the connection is closed. */
  readonly webSocketCloseTimeMs: Milliseconds;
}

/** Processes that serve one port together. */
interface WorkerLimits {
  /** Processes that serve one port together. All other limits apply to each of them. */
  readonly workersMax: number;
  /**
   * How long a worker may take to listen, to apply a new configuration, and, after `stopTimeMs`, to
   * end; after it the worker is killed.
   */
  readonly workerAnswerTimeMs: Milliseconds;
  /** The least time from the start of a worker to the start of the one that replaces it. */
  readonly workerIntervalMs: Milliseconds;
  /** A worker that ends sooner than this after its start counts as failed. */
  readonly workerSteadyTimeMs: Milliseconds;
  /** How long a worker collects lines of the access log before it sends them together. */
  readonly workerLogTimeMs: Milliseconds;
  /** How often each worker is asked whether its event loop turns. */
  readonly workerLookTimeMs: Milliseconds;
  /**
   * How long a worker may owe the answer; after it it is killed, and another takes its place. Time
   * in which the supervisor gets no processor either doesn't count.
   */
  readonly workerSilenceTimeMs: Milliseconds;
  /** How often in a row one worker is replaced after a failure. With one failure more all end. */
  readonly workerFailuresMax: number;
}

/** Metrics, health, and the end of a server. */
interface OperationsLimits {
  /** Connections to each listener for metrics and health. */
  readonly operationsConnectionsMax: number;
  /**
   * How long a worker may take to tell what it has counted; after it, its last counts stand. So
   * long has an answer in progress on those listeners when the server stops.
   */
  readonly metricsTimeMs: Milliseconds;
  /** How often a server with metrics looks how late its event loop is. */
  readonly loopLookTimeMs: Milliseconds;
  /**
   * From a signal to stop, when the server says that it isn't ready any more, to the moment when it
   * accepts no more connections.
   */
  readonly drainTimeMs: Milliseconds;
  /**
   * From the start to the moment when the code is loaded that later requests and SIGUSR2 need, so
   * that the files of the program may be replaced from then on.
   */
  readonly codeLoadDelayMs: Milliseconds;
}

/** Files that clients send, to be stored. */
interface UploadLimits {
  /** The content of a request that is stored, all of its files; beyond it 413. */
  readonly uploadBytesMax: ByteCount;
  /** Files of one form that are stored; beyond it 413. */
  readonly uploadFilesMax: number;
  /** Folders below each other, down from the root, that MKCOL makes; beyond it 403. */
  readonly uploadDepthMax: number;
  /**
   * Files that are being received at one time, to be stored; for one more the slowest upload is
   * ended, if one is slower than below, and else it is answered 503.
   */
  readonly uploadsAtOnceMax: number;
  /** The same of one client address. */
  readonly uploadsPerAddressMax: number;
  /** The rate of an upload, in bytes per second, below which it may be ended for another one. */
  readonly uploadBytesPerSecondMin: ByteCount;
  /** How long it has to be slower, and how much time ahead a faster one earns. */
  readonly uploadSlowTimeMs: Milliseconds;
  /** How long the disk may take for one step of storing a file; after it 503. */
  readonly uploadDiskTimeMs: Milliseconds;
  /** Resumable uploads that wait for their rest; one more is answered 503. */
  readonly uploadsUnfinishedMax: number;
  /** How long a resumable upload may wait for its rest; after it 404. */
  readonly uploadUnfinishedTimeMs: Milliseconds;
  /** What stays free on the disk that uploads are stored on; beyond it 507. */
  readonly uploadFreeBytesMin: ByteCount;
  /** How long a count of what the folder of uploads holds is taken for true. */
  readonly uploadRecountTimeMs: Milliseconds;
  /**
   * Entries among which a start looks for what killed processes have left of uploads; and with a
   * quota as many as the folder of uploads may have, or nothing more is stored in it.
   */
  readonly uploadSweepEntriesMax: number;
}

/** Live reload. */
interface LiveLimits {
  /** Event streams of live reload; one more is answered 503. A browser needs one. */
  readonly liveStreamsMax: number;
  /** Paths of changed files that are gathered. With more, all pages reload. */
  readonly liveChangesMax: number;
  /** How long no file may have changed before pages are told. */
  readonly liveQuietTimeMs: Milliseconds;
  /** The same while files have gone and none has come: a build that empties its folder first. */
  readonly liveGoneTimeMs: Milliseconds;
  /** How long pages wait at most while files go on changing. */
  readonly liveGatherTimeMs: Milliseconds;
  /** Between two looks whether the root is still the same folder. */
  readonly liveRootTimeMs: Milliseconds;
  /** Between two comments on an event stream, by which clients that are gone are noticed. */
  readonly liveBeatTimeMs: Milliseconds;
}

/** The log, and other output. */
interface LogLimits {
  /** How much of a form's name, value or media type stands in a log line; the rest is cut. */
  readonly logValueBytesMax: ByteCount;
  /** Lines of the access log that wait for its reader. More are dropped and counted. */
  readonly logQueueBytesMax: ByteCount;
  /**
   * How long the log's reader may take nothing while the process waits to end. Then the rest of the
   * log is dropped.
   */
  readonly logStallTimeMs: Milliseconds;
  /** How soon dropped lines of the access log are reported, with all that were dropped since. */
  readonly logDropsTimeMs: Milliseconds;
  /** From one such report to the next. */
  readonly logDropsIntervalMs: Milliseconds;
}

/** Passwords. */
interface LoginLimits {
  /** A file of users and their passwords. */
  readonly passwordFileBytesMax: ByteCount;
  /** Passwords that are hashed at one time. Others wait. */
  readonly passwordChecksAtOnceMax: number;
  /** Passwords that wait to be hashed; one more is answered 503. */
  readonly passwordChecksWaitingMax: number;
  /** How long the answer to a wrong password is held back; for each further one twice as long. */
  readonly failedLoginTimeMs: Milliseconds;
  /** How long it is held back at most. */
  readonly failedLoginLongestTimeMs: Milliseconds;
  /** How long after its last failure an address counts as one without failures. */
  readonly failedLoginKeptTimeMs: Milliseconds;
  /** Logins of one client address that are under way; one more is answered 503. */
  readonly loginsPerAddressMax: number;
  /** Client addresses whose logins are counted. With more, the first of them are forgotten. */
  readonly loginAddressesMax: number;
}

/** What `postern audit` looks at, and the count of refused files at a start. */
interface AuditLimits {
  /** Entries that `postern audit` looks at; beyond it the report says that it isn't complete. */
  readonly auditEntriesMax: number;
  /** Folders below each other that it goes down into. */
  readonly auditDepthMax: number;
  /** How long it may take. */
  readonly auditTimeMs: Milliseconds;
  /** Findings of each kind that it reports one by one; the rest are counted. */
  readonly auditFindingsMax: number;
  /** Entries that are looked at to count the files that are refused, when a server starts. */
  readonly refusedCountEntriesMax: number;
  /** How long that count may take. */
  readonly refusedCountTimeMs: Milliseconds;
}

/** Listings of folders. */
interface ListingLimits {
  /** Entries on one page of a folder's listing. The others are on the pages that it links to. */
  readonly listingEntriesMax: number;
  /**
   * Entries of one folder that are put in order, whose names are in memory meanwhile. Those after
   * them are on no page; a filter finds them.
   */
  readonly listingOrderedEntriesMax: number;
  /**
   * Entries in a listing that is sent when it is complete. A longer one is sent while it is made.
   */
  readonly listingWholeEntriesMax: number;
  /** The rows of listings that are kept for clients who ask for the same folder at one time. */
  readonly listingCacheBytesMax: ByteCount;
}

/** Compression while a response is made. */
interface CodingLimits {
  /** Content below this size isn't compressed, unless the client accepts nothing else. */
  readonly codingBytesMin: ByteCount;
  /** Content above this size isn't compressed here; a variant made ahead may have any size. */
  readonly codingBytesMax: ByteCount;
  /** Content that is being compressed at one time. More is sent uncompressed, or answered 503. */
  readonly codingAtOnceBytesMax: ByteCount;
  /** The cache of compressed variants. */
  readonly codingCacheBytesMax: ByteCount;
  /** How long the thread that compresses stays when it has nothing to do. */
  readonly codingIdleTimeMs: Milliseconds;
}

/** Proxies in front of the server. */
interface TrustedProxyLimits {
  /**
   * Members of Forwarded, and of X-Forwarded-For, that are read of a request of a trusted proxy;
   * when more are sent, what they say doesn't count.
   */
  readonly forwardedHopsMax: number;
  /** A header of the PROXY protocol, version 2; a connection that begins with more is closed. */
  readonly proxyHeaderBytesMax: ByteCount;
  /** Addresses and nets of proxies that are trusted; with more the server doesn't start. */
  readonly trustedNetsMax: number;
}

/** The limits of all groups. */
export interface GroupedLimits
  extends
    StoreLimits,
    FaultLimits,
    RecordLimits,
    WebSocketLimits,
    WorkerLimits,
    OperationsLimits,
    UploadLimits,
    LiveLimits,
    LogLimits,
    LoginLimits,
    AuditLimits,
    ListingLimits,
    CodingLimits,
    TrustedProxyLimits {}
