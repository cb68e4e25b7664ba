import { describe, expect, it } from 'vitest'
import { RecordRefusedError } from './errors.ts'
import { RecordCheck } from './record-check.ts'
import { DEFAULT_RECORD_LIMITS, recordLimits } from './record-limits.ts'
import { sizeAlone } from './record-batch/index.ts'
import { TopicBatches, type FilledBatch } from './topic-batches.ts'

const KEY = Buffer.from('key')
const LIMITS = { ...DEFAULT_RECORD_LIMITS, maxMessageBytes: 1_000 }
const UNPLACED = { baseOffset: 0, producerId: -1, producerEpoch: -1, firstSequence: -1, transactional: false }

function collected(batches: TopicBatches): FilledBatch[] {
  const filled: FilledBatch[] = []
  batches.collect(filled)
  return filled
}

describe('20.B8 The batches of a topic', () => {
  it('are never larger than it takes, whatever records they hold', () => {
    const batches = new TopicBatches(new RecordCheck('t', LIMITS, () => 0))
    let appended = 0
    for (let at = 0; at < 2_000; at++) {
      const headers = at % 3 === 0 ? [{ key: `h${at}`, value: at % 2 === 0 ? null : Buffer.alloc((at * 31) % 700) }] : []
      const value = at % 5 === 0 ? null : Buffer.alloc((at * 37) % 1_100)
      const [key, timestamp] = [at % 7 === 0 ? null : KEY, (at * 2 ** 31) % 3_600_000]
      const isTaken = sizeAlone(key, value, headers) <= 1_000
      if (isTaken) batches.append(at % 3, key, value, timestamp, headers)
      else expect(() => batches.append(at % 3, key, value, timestamp, headers)).toThrow(RecordRefusedError)
      if (isTaken) appended++
    }
    const filled = collected(batches)
    expect(appended).toBeGreaterThan(1_000)
    expect(filled.reduce((sum, { builder }) => sum + builder.recordCount, 0)).toBe(appended)
    expect(Math.max(...filled.map(({ builder }) => builder.seal(UNPLACED).length))).toBeLessThanOrEqual(1_000)
    expect(batches.records).toBe(appended)
  })

  it('take a record of exactly the limit, and refuse one byte more without a change', () => {
    const batches = new TopicBatches(new RecordCheck('t', LIMITS, () => 0))
    const room = 1_000 - sizeAlone(KEY, Buffer.alloc(900)) + 900
    batches.append(0, KEY, Buffer.alloc(10), 1)
    batches.append(0, KEY, Buffer.alloc(room), 1)
    expect(() => batches.append(0, KEY, Buffer.alloc(room + 1), 1)).toThrow(/"key" is too large for topic t: it takes 1001 bytes/)
    expect(collected(batches).map(({ builder }) => builder.sizeInBytes)).toEqual([sizeAlone(KEY, Buffer.alloc(10)), 1_000])
  })

  it('follow the topic’s settings', () => {
    const check = new RecordCheck('t', LIMITS, () => 0)
    const batches = new TopicBatches(check)
    batches.append(0, null, Buffer.alloc(500), 1)
    check.limits = { ...LIMITS, maxMessageBytes: 400, needsKeys: true }
    expect(() => batches.append(0, KEY, Buffer.alloc(500), 1)).toThrow(RecordRefusedError)
    expect(() => batches.append(0, null, Buffer.alloc(5), 1)).toThrow(/compacted/)
    check.limits = { ...LIMITS, maxMessageBytes: 3 << 20 }
    batches.append(0, KEY, Buffer.alloc(2 << 20), 1)
  })

  it('take any timestamp, and ask for the time once, where the topic’s settings are Kafka’s largest long', () => {
    const unbounded = String(2n ** 63n - 1n)
    const limits = recordLimits({ 'message.timestamp.before.max.ms': unbounded, 'message.timestamp.after.max.ms': unbounded })
    let readings = 0
    const batches = new TopicBatches(new RecordCheck('t', limits, () => readings++))
    for (const timestamp of [0, Number.MAX_SAFE_INTEGER, 1]) batches.append(0, KEY, null, timestamp)
    expect(readings).toBe(1)
  })

  it('take timestamps by the clock of the moment', () => {
    let now = 0
    const check = new RecordCheck('t', { ...LIMITS, timestampAfterMaxMs: 100, timestampBeforeMaxMs: 1_000 }, () => now)
    const batches = new TopicBatches(check)
    batches.append(0, KEY, null, 100)
    expect(() => batches.append(0, KEY, null, 101)).toThrow(/message.timestamp.after.max.ms/)
    now = 1_100
    batches.append(0, KEY, null, 1_200)
    batches.append(0, KEY, null, 100)
    expect(() => batches.append(0, KEY, null, 99)).toThrow(/message.timestamp.before.max.ms/)
  })
})
