import { describe, expect, it } from 'vitest'
import { ForeignBytesError, Frames } from './frames.ts'

const frame = (text: string): Buffer => {
  const bytes = Buffer.from(`0000${text}`)
  bytes.writeInt32BE(text.length, 0)
  return bytes
}

describe('Frames', () => {
  it.each([1, 2, 3, 4, 5, 7, 100])('are the same however the bytes arrive: %i at a time', (step) => {
    const seen: string[] = []
    const frames = new Frames(1_000, (bytes) => seen.push(bytes.toString()))
    const bytes = Buffer.concat(['one', '', 'three', 'x'.repeat(50)].map(frame))
    for (let at = 0; at < bytes.length; at += step) frames.push(bytes.subarray(at, at + step))
    expect(seen).toEqual(['one', '', 'three', 'x'.repeat(50)])
  })

  it.each([Buffer.from('HTTP/1.1'), Buffer.from([0x15, 3, 3, 0, 2, 2, 40]), Buffer.from([0xff, 0xff, 0xff, 0xff])])(
    '20.C15 are not made of bytes that are not Kafka’s',
    (bytes) => {
      expect(() => new Frames(128 << 20, () => undefined).push(bytes)).toThrow(ForeignBytesError)
    },
  )
})
