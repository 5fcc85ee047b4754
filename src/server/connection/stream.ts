/**
 * The chunks of a response that is a stream: read one after the other, and ended early when the
 * client won't get the rest.
 */

/**
 * Begins to read `chunks`. A ReadableStream is read through its reader: its iterator passes an
 * early end on to the source only after the chunk that it waits for.
 */
export function openStream(chunks: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
  if (!(chunks instanceof ReadableStream)) return chunks[Symbol.asyncIterator]();
  const reader = (chunks as ReadableStream<Uint8Array>).getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

/** Ends a stream early, as leaving a `for await` loop over it does. */
export async function endStream(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  await chunks.return?.();
}
