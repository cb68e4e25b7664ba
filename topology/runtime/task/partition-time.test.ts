import { describe, expect, it } from 'vitest'
import { decodePartitionTime, encodePartitionTime, NO_PARTITION_TIME } from './partition-time.ts'

describe('20.B5 the partition time in the metadata of an offset', () => {
  it('has Kafka Streams’ format: a version and a long, in base64', () => {
    expect(encodePartitionTime(7)).toBe('AQAAAAAAAAAH')
    expect(decodePartitionTime('AQAAAAAAAAAH')).toBe(7)
    expect(decodePartitionTime('AgAAAAAAAAAHAAAAAA==')).toBe(7)
  })

  it.each([NO_PARTITION_TIME, 0, 1_700_000_000_000, Number.MAX_SAFE_INTEGER])('keeps %d', (time) => {
    expect(decodePartitionTime(encodePartitionTime(time))).toBe(time)
  })

  it.each([undefined, '', 'note', 'AQ==', 'CQAAAAAAAAAH', 'AX////////8='])('is unknown in %j', (metadata) => {
    expect(decodePartitionTime(metadata)).toBe(NO_PARTITION_TIME)
  })
})
