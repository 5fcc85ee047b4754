/**
 * Shows on the supervisor's terminal what its workers receive. A worker says that it receives files
 * when it begins to, and is then asked how far they are each time that the line is drawn, until it
 * receives none. So nothing is sent while nothing is uploaded, and at most one question waits for
 * each worker, however slow it is.
 */

import type { UploadsSeen } from "../terminal/received-uploads.ts";
import type { UploadSource, UploadStatus } from "../terminal/upload-status.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** What of a worker is shown. */
type ShownWorker = Pick<WorkerProcess, "onUploading" | "uploads">;

/** What one worker receives, as it was told last. */
class WorkerSource implements UploadSource {
  readonly #worker: ShownWorker;
  /** Is told that the worker receives nothing any more. */
  readonly #over: (source: WorkerSource) => void;
  last: UploadsSeen = { count: 0, octets: 0, newest: undefined };

  constructor(worker: ShownWorker, over: (source: WorkerSource) => void) {
    this.#worker = worker;
    this.#over = over;
  }

  look(): UploadsSeen {
    void this.#ask();
    return this.last;
  }

  async #ask(): Promise<void> {
    const told = await this.#worker.uploads();
    if (told === undefined) return;
    this.last = told;
    if (told.count === 0) this.#over(this);
  }
}

/** The uploads of all workers, on one terminal. */
export class WorkerUploads {
  readonly #open: () => Pick<UploadStatus, "show" | "hide">;
  readonly #sources = new Map<object, WorkerSource>();
  #status: Pick<UploadStatus, "show" | "hide"> | undefined;

  /** `open` opens the line; it is called when the first file is received. */
  constructor(open: () => Pick<UploadStatus, "show" | "hide">) {
    this.#open = open;
  }

  /** Shows from now on what `worker` receives. */
  add(worker: ShownWorker): void {
    const source = new WorkerSource(worker, (over) => this.#status?.hide(over));
    this.#sources.set(worker, source);
    worker.onUploading = () => {
      if (!this.#sources.has(worker)) return;
      this.#status ??= this.#open();
      this.#status.show(source, source.last.octets);
    };
  }

  /** `worker` has ended. */
  remove(worker: object): void {
    const source = this.#sources.get(worker);
    this.#sources.delete(worker);
    if (source !== undefined) this.#status?.hide(source);
  }
}
