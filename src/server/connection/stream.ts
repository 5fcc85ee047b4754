/**
 * A response's chunks as the server asks for them: one after the other, and with a word to whoever
 * makes them when nobody wants the rest.
 */

/**
 * Begins to read `chunks`. A ReadableStream is read by its reader, since its iterator would not
 * pass on the end before the chunk that it waits for has come.
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

/** Tells a stream that nobody wants the rest, as one that leaves a loop over it would. */
export async function endStream(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  await chunks.return?.();
}
