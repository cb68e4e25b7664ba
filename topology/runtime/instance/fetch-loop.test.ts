import { expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import type { FetchedPartition, FetchPartition, RecordBatch } from '../../broker/index.ts'
import type { SourceNode } from '../../graph/index.ts'
import { systemPorts } from '../../system-ports.ts'
import { RecordQueue } from '../task/index.ts'
import { FetchLoop } from './fetch-loop.ts'
import { silentLogger } from '../../testing/silent-logger.ts'

const SOURCE: SourceNode = {
  kind: 'source',
  name: 'source',
  topics: ['t'],
  keySerde: Serdes.bytes,
  valueSerde: Serdes.bytes,
  offsetReset: 'earliest',
  children: [],
}
const MIB = 1 << 20

const queueOf = (partition: number): RecordQueue =>
  new RecordQueue({ topic: 't', partition, source: SOURCE, position: 0, knownEnd: 1, partitionTime: -1, clock: systemPorts().clock })

/** A batch of the given size, with one record until it is emptied. */
class Batch implements RecordBatch {
  readonly sizeInBytes: number
  readonly baseOffset: number
  readonly recordCount = 1
  readonly maxTimestamp = 1
  readonly offset: number
  readonly lastOffset: number
  readonly key = null
  readonly value = null
  readonly headers = []
  readonly timestamp = 1
  isEmptied = false

  constructor(offset: number, sizeInBytes: number) {
    this.offset = this.baseOffset = this.lastOffset = offset
    this.sizeInBytes = sizeInBytes
  }

  next(): boolean {
    return !this.isEmptied
  }

  rewind(): void {}
}

function fetched(partition: number, batches: readonly Batch[]): FetchedPartition {
  return {
    topic: 't',
    partition,
    batches,
    nextOffset: 2,
    lastStableOffset: 2,
    logStartOffset: 0,
  }
}

it('restarts a poll under way only when a partition outside it runs low', async () => {
  const ports = systemPorts(silentLogger)
  const polls: (readonly FetchPartition[])[] = []
  let answer: (nothing: []) => void = () => undefined
  const fetcher = {
    fetch: (partitions: readonly FetchPartition[]) => {
      polls.push(partitions)
      return new Promise<readonly FetchedPartition[]>((resolve) => (answer = resolve))
    },
    wakeup: () => answer([]),
    close: () => Promise.resolve(),
  }
  const [empty, full] = [0, 1].map(queueOf) as [RecordQueue, RecordQueue]
  const [larger, smaller] = [new Batch(0, 3 * MIB), new Batch(1, 2 * MIB)]
  full.add(fetched(1, [larger, smaller]))
  const loop = new FetchLoop({
    broker: { openFetcher: () => fetcher },
    ports,
    onTopicError: () => undefined,
    onFatal: (error) => {
      throw error
    },
  })
  const polled = (): number[][] => polls.map((partitions) => partitions.map(({ partition }) => partition))
  const refreshed = async (): Promise<number[][]> => {
    loop.refresh()
    await ports.timers.yield()
    return polled()
  }
  loop.start({ queues: () => [empty, full].map((queue) => ({ queue, wake: () => undefined })) })
  expect(await refreshed()).toEqual([[0]])

  larger.isEmptied = true
  full.head()
  expect(full.bytes).toBe(2 * MIB)
  expect(await refreshed()).toEqual([[0]])

  smaller.isEmptied = true
  full.advance()
  full.head()
  expect(full.bytes).toBe(0)
  expect(await refreshed()).toEqual([[0], [0, 1]])
  await loop.stop()
})
