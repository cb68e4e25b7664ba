import { describe, expect, it } from 'vitest'
import { DEFAULT_RECORD_LIMITS, RecordCheck, type FilledBatch } from '../../broker/index.ts'
import { BatchReader } from '../../broker/record-batch/index.ts'
import { joinedBatches } from './joined-batches.ts'
import { OutputBuffer } from './output-buffer.ts'

const UNPLACED = { baseOffset: 0, producerId: -1, producerEpoch: -1, firstSequence: -1, transactional: false }

function outputs(...records: readonly (readonly [topic: string, partition: number, value: string, timestamp?: number])[]): OutputBuffer {
  const buffer = new OutputBuffer({ check: (topic) => new RecordCheck(topic, DEFAULT_RECORD_LIMITS, () => 0), compressionOf: () => 'none' })
  for (const [topic, partition, value, timestamp = 1] of records)
    buffer.topic(topic).append(partition, Buffer.from('key'), Buffer.from(value), timestamp, [{ key: 'h', value: Buffer.from(value) }])
  return buffer
}

function recordsOf({ topic, partition, builder }: FilledBatch): string[] {
  const reader = new BatchReader(builder.seal(UNPLACED))
  const rows: string[] = []
  while (reader.next()) {
    const header = Buffer.from(reader.headers[0]?.value ?? []).toString()
    rows.push(`${topic}/${partition}@${reader.offset} ${Buffer.from(reader.value ?? []).toString()} ${reader.timestamp} ${header}`)
  }
  return rows
}

describe('Batches of several tasks', () => {
  it('for the same partition are joined in the order of the tasks, and all others stay as they are', () => {
    const first = outputs(['out', 0, 'a', 5], ['out', 1, 'b'], ['own', 0, 'c'])
    const batches = joinedBatches([first, outputs(['out', 0, 'd', 3], ['out', 0, 'e', 9]), outputs(['out', 0, 'f', 7])])
    expect(batches.map(recordsOf)).toEqual([
      ['out/0@0 a 5 a', 'out/0@1 d 3 d', 'out/0@2 e 9 e', 'out/0@3 f 7 f'],
      ['out/1@0 b 1 b'],
      ['own/0@0 c 1 c'],
    ])
    expect(batches[1]?.builder).toBe(first.batches()[1]?.builder)
  })

  it('are copied when they are joined, because the tasks send their own again after an error', () => {
    const [one, two] = [outputs(['out', 0, 'a']), outputs(['out', 0, 'b'])]
    joinedBatches([one, two])
    expect([one, two].flatMap((output) => output.batches().flatMap(recordsOf))).toEqual(['out/0@0 a 1 a', 'out/0@0 b 1 b'])
  })

  it('that would be too large together stay separate, in order', () => {
    const large = 'x'.repeat(20_000)
    const batches = joinedBatches([outputs(['out', 0, large]), outputs(['out', 0, large]), outputs(['out', 0, 'small'])])
    expect(batches.map((batch) => recordsOf(batch).length)).toEqual([1, 2])
  })

  it('20.B8 are joined only as far as their topic takes it, however their timestamps and offsets grow', () => {
    const limits = { ...DEFAULT_RECORD_LIMITS, maxMessageBytes: 400, timestampAfterMaxMs: Infinity }
    const filled = (timestamp: number): OutputBuffer => {
      const buffer = new OutputBuffer({ check: (topic) => new RecordCheck(topic, limits, () => 0), compressionOf: () => 'none' })
      for (let at = 0; at < 6; at++) buffer.topic('out').append(0, Buffer.from('key'), Buffer.from('v'), timestamp)
      return buffer
    }
    for (const tasks of [2, 3, 7, 12]) {
      const batches = joinedBatches(Array.from({ length: tasks }, (_, at) => filled(at % 2 === 0 ? 1 : 2 ** 52)))
      expect(batches.reduce((sum, { builder }) => sum + builder.recordCount, 0)).toBe(6 * tasks)
      for (const { builder } of batches) expect(builder.seal(UNPLACED).length).toBeLessThanOrEqual(400)
    }
    expect(joinedBatches([outputs(['out', 0, 'a']), outputs(['out', 0, 'b'])])).toHaveLength(1)
  })

  it('are none when nothing was written', () => {
    expect(joinedBatches([])).toEqual([])
    expect(joinedBatches([outputs(), outputs()])).toEqual([])
  })
})
