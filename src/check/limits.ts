/**
 * Every bound of `check`: of what is read and sent, kept and shown, waited for, and done at once.
 * They are not the server's, which are in `base/limits.ts` and can be set; these are fixed, but for
 * how long an answer may take (`--timeout`) and how many scripts are played at once (`--jobs`).
 */
export const checkLimits = {
  /** What a `fill` sends, and the content of a file that is a pattern: both are made in memory. */
  fillBytesMax: 64 * 1024 * 1024,
  fileBytesMax: 256 * 1024 * 1024,
  /** The longest file name on Linux and macOS (NAME_MAX). */
  nameBytesMax: 255,
  /** What is read of a response: its head, its body, and a line of a chunk (RFC 9112 §7.1). */
  headBytesMax: 256 * 1024,
  bodyBytesMax: 256 * 1024 * 1024,
  chunkLineBytesMax: 4096,
  /** A head that a script sends and that doesn't end within so many bytes isn't understood. */
  sentHeadBytesMax: 256 * 1024,

  /** How many bytes are kept of a part of an exchange, and how many parts of a phase. */
  partBytesMax: 2048,
  partsMax: 64,
  /** In the text: longer lines and requests are cut, and more phases of a departure counted. */
  lineLengthMax: 400,
  sentLinesMax: 24,
  touchedMax: 12,

  /** How long a connection, and an answer, may take. */
  connectTimeMs: 5000,
  responseTimeMs: 5000,
  /** How long nothing must arrive before a connection counts as quiet, and in a replay. */
  settleMs: 40,
  replaySettleMs: 15,
  /** The pause between two pieces, so that the server reads them separately. */
  pieceGapMs: 1,
  /** After a deadline the event loop gets this long to read bytes that arrived before it. */
  lastReadMs: 1,
  /** How often a stall of this process is looked for. */
  stallIntervalMs: 5,
  /** A failure of a run that measures time doesn't count if the player was stalled for longer. */
  stallMsMax: 20,
  /** How often such a run is played at most. The last play counts, stalled or not. */
  playsMax: 5,

  /** A script with more cuts than this is replayed with this many of them, evenly spread. */
  replaysMax: 2000,
  replaysAtOnce: 16,
  /** After this many failed replays of a script no more are played. */
  failedReplaysMax: 8,
  /** A replay that failed beside others is reported if it fails alone this many times. */
  aloneTimes: 2,
  aloneAfterMs: 50,

  /** Scripts at once: against a server that runs; against postern's own, all in this process. */
  foreignScriptsAtOnce: 32,
  ownScriptsAtOnce: 12,
  /** Scripts at once that measure time, change the tree, or are replayed. */
  timedAtOnceMax: 6,
  replayedAtOnce: 6,
  /** Servers started for one script whose replays can't share a server. */
  stagesAtOnce: 4,
  /**
   * Of a recording, beside the server's limits of that name. A body of text up to this size, with
   * lines up to this length, stands in the script, and so does what is no request.
   */
  inlineBytesMax: 1024,
  inlineColumnsMax: 240,
  opaqueBytesMax: 4096,
  /** A request whose head is longer isn't understood; that is more than servers take. */
  recordedHeadBytesMax: 64 * 1024,
  /** A compressed body that becomes longer is kept in its coding. */
  decodedBytesMax: 16 * 1024 * 1024,
  /** A title shows so much of a target, and a file's name has so many characters. */
  targetCharsMax: 80,
  fileNameCharsMax: 60,
  scriptNumberMax: 9999,
  /** An answer that took longer may take longer than `responseTimeMs`, so it gets `within`. */
  promptTimeMs: 4000,
  /** While more is sent on others, a connection is idle. Servers close those after 5 s. */
  idleBytesMax: 1000,
  /** Credentials that are looked for where they occur again: of all, and of one phase. */
  secretsMax: 200,
  phaseSecretsMax: 50,
  /** Shorter values occur by chance, those of cookies more easily. */
  secretCharsMin: 6,
  cookieCharsMin: 12,
  /** So many reasons of what was left out are told at the end. */
  leftOutToldMax: 20,
  /** With a client: scripts at once, since each of its starts takes a processor for a while. */
  clientScriptsAtOnce: 4,
  /** What a client may write, and what is kept of its standard error. */
  clientOutputBytesMax: 64 * 1024 * 1024,
  clientSaidBytesMax: 2048,
  /** Connections of a client in one run of phases. More are reset at once. */
  clientConnectionsMax: 256,
  /** How much longer a client's first connection may take: some runtimes take seconds to start. */
  clientStartMs: 15_000,
  /** How long a client may take to end once its input has ended. Then it is killed. */
  clientEndMs: 1000,
  /** Requests that `repeat` answers at most. */
  repeatsMax: 200,
  /** How often and how far apart a connection is tried before a server counts as gone. */
  presenceTries: 4,
  betweenTriesMs: 150,
  /**
   * A server hangs if so many scripts in a row met nothing but silence, and a plain request then
   * gets nothing in this time either, or in that of an answer if it is longer.
   */
  silentScriptsMax: 8,
  lastAskTimeMs: 5000,
  /** How long all scripts of a `wire` may take together. */
  wireTimeMs: 600_000,
};
