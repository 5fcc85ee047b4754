/**
 * Throws an error so that Bun shows the line that called a function, and no line of ours. Bun shows
 * the source of the frame in which an error was thrown, whatever its stack says, and passes over
 * native functions. So a native function throws. It is called in tail position, by functions that
 * are called in tail position themselves: such a call leaves no frame of them (ECMAScript §15.10).
 *
 * That holds in strict code only. The package's programs are no modules, so it has to be written in
 * a class, which is strict everywhere.
 */
export class ThrownError {
  readonly #error: Error;

  constructor(error: Error) {
    this.#error = error;
  }

  /**
   * Throws the error where the function that returns this call was called: one in a class, which
   * doesn't catch.
   */
  readonly atCall = (): never => {
    Error.captureStackTrace(this.#error, this.atCall);
    return AbortSignal.abort(this.#error).throwIfAborted() as never;
  };
}
