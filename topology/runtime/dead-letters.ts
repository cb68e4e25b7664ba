import type { Header } from '../broker/index.ts'

/** Headers of a dead letter: why it is one and where it came from. Its key and value are the bytes of the original. */
export function deadLetterHeaders(
  origin: { readonly topic: string; readonly partition: number; readonly offset: number },
  reason: string,
  now: number,
): readonly Header[] {
  const header = (key: string, value: string | number): Header => ({ key, value: Buffer.from(String(value), 'utf8') })
  return [
    header('reason', reason),
    header('topic', origin.topic),
    header('partition', origin.partition),
    header('offset', origin.offset),
    header('time', now),
  ]
}
