/** `first` at the beginning, doubled each time, `most` at most. */
export function growing({ first, most }: { first: number; most: number }, times: number): number {
  return Math.min(most, first * 2 ** times);
}

/** @throws {Error} of that name when `work` takes longer than `milliseconds`; how it ends after that is nobody's concern. */
export async function within<T>(milliseconds: number, work: Promise<T>, name = "TimeoutError"): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`It took longer than ${String(Math.round(milliseconds / 1000))} seconds`);
      error.name = name;
      reject(error);
    }, milliseconds);
  });
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
