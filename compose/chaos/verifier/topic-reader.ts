import { committedRecords, type CommittedLog } from './committed-records.ts'
import { int32, int64, KafkaWire, string, type Answer } from './kafka-wire.ts'

const FETCH = 1
const LIST_OFFSETS = 2
const METADATA = 3
const FETCH_BYTES = 8 << 20
const EARLIEST = -2
const LATEST = -1

/** Reads whole topics with isolation level read_uncommitted, and decides by the markers what is committed. */
export class TopicReader {
  readonly #bootstrapAddress: string

  constructor(bootstrapAddress: string) {
    this.#bootstrapAddress = bootstrapAddress
  }

  /** Reads a topic's partitions, in order. */
  async read(topic: string): Promise<readonly CommittedLog[]> {
    const leaders = await this.#leadersOf(topic)
    return Promise.all(leaders.map(async (address, partition) => committedRecords(await this.#logOf(address, topic, partition))))
  }

  async #leadersOf(topic: string): Promise<readonly string[]> {
    const wire = await KafkaWire.connect(this.#bootstrapAddress)
    const answer = await wire.request(METADATA, 1, Buffer.concat([int32(1), string(topic)]))
    wire.close()
    const brokers = new Map(
      answer.list(() => {
        const id = answer.int32()
        const address = `${answer.string() ?? ''}:${answer.int32()}`
        answer.string()
        return [id, address] as const
      }),
    )
    answer.int32()
    const [partitions] = answer.list(() => {
      const error = answer.int16()
      answer.string()
      answer.int8()
      const found = answer.list(() => {
        answer.int16()
        const [index, leader] = [answer.int32(), answer.int32()]
        answer.list(() => answer.int32())
        answer.list(() => answer.int32())
        return { index, leader }
      })
      if (error !== 0) throw new Error(`The verifier cannot find the topic ${topic}: Kafka error ${error}.`)
      return found
    })
    return (partitions ?? []).toSorted((a, b) => a.index - b.index).map(({ leader }) => brokers.get(leader) ?? this.#bootstrapAddress)
  }

  async #logOf(address: string, topic: string, partition: number): Promise<Buffer> {
    const wire = await KafkaWire.connect(address)
    try {
      const end = await offsetAt(wire, topic, partition, LATEST)
      const parts: Buffer[] = []
      let offset = await offsetAt(wire, topic, partition, EARLIEST)
      while (offset < end) {
        const part = await fetch(wire, topic, partition, offset)
        const next = endOf(part)
        if (next === undefined) throw new Error(`${topic}-${partition}@${offset} has no batch, but the partition ends at ${end}.`)
        parts.push(part)
        offset = next
      }
      return Buffer.concat(parts)
    } finally {
      wire.close()
    }
  }
}

async function offsetAt(wire: KafkaWire, topic: string, partition: number, time: number): Promise<number> {
  const body = Buffer.concat([int32(-1), int32(1), string(topic), int32(1), int32(partition), int64(time)])
  const answer = await wire.request(LIST_OFFSETS, 1, body)
  return onlyPartition(answer, () => {
    const error = answer.int16()
    answer.int64()
    if (error !== 0) throw new Error(`ListOffsets for ${topic}-${partition} failed: Kafka error ${error}.`)
    return answer.int64()
  })
}

/** Whole batches from the offset on. */
async function fetch(wire: KafkaWire, topic: string, partition: number, offset: number): Promise<Buffer> {
  const isolation = Buffer.from([0])
  const head = [int32(-1), int32(1_000), int32(1), int32(FETCH_BYTES), isolation]
  const body = Buffer.concat([...head, int32(1), string(topic), int32(1), int32(partition), int64(offset), int32(FETCH_BYTES)])
  const answer = await wire.request(FETCH, 4, body)
  answer.int32()
  return onlyPartition(answer, () => {
    const error = answer.int16()
    answer.int64()
    answer.int64()
    answer.list(() => [answer.int64(), answer.int64()])
    if (error !== 0) throw new Error(`Fetch of ${topic}-${partition}@${offset} failed: Kafka error ${error}.`)
    return wholeBatches(answer.bytes(), offset)
  })
}

function onlyPartition<T>(answer: Answer, read: () => T): T {
  const [found] = answer
    .list(() => {
      answer.string()
      return answer.list(() => {
        answer.int32()
        return read()
      })
    })
    .flat()
  if (found === undefined) throw new Error('The broker’s response lacks the requested partition.')
  return found
}

/** Drops a truncated batch at the end, and batches that end before the offset. */
function wholeBatches(bytes: Buffer, from: number): Buffer {
  let begin = 0
  let at = 0
  while (at + 12 <= bytes.length) {
    const end = at + 12 + bytes.readInt32BE(at + 8)
    if (end > bytes.length) break
    if (lastOffset(bytes, at) < from) begin = end
    at = end
  }
  return bytes.subarray(begin, at)
}

/** The offset after the last batch. */
function endOf(batches: Buffer): number | undefined {
  let next: number | undefined
  for (let at = 0; at < batches.length; at += 12 + batches.readInt32BE(at + 8)) next = lastOffset(batches, at) + 1
  return next
}

function lastOffset(bytes: Buffer, batchAt: number): number {
  return Number(bytes.readBigInt64BE(batchAt)) + bytes.readInt32BE(batchAt + 23)
}
