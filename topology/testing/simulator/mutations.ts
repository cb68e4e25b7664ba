/**
 * Deliberate bugs, each of which a real system has had, to check that the simulation detects them. They wrap what an instance
 * receives, so the engine's own code has no switches for them (DECISIONS 19).
 */
import { openTaskState, type StorageOperation, type TaskState, type TaskStateOptions } from '../../../state/index.ts'
import {
  createRecordBatchBuilder,
  OutcomeUnknownError,
  partitionName,
  type Broker,
  type GroupCoordinator,
  type PartitionOffset,
  type Producer,
  type RecordBatchBuilder,
} from '../../broker/index.ts'
import { override } from '../override.ts'

export interface Mutation {
  readonly name: string
  readonly broker: (broker: Broker) => Broker
  readonly openState: (options: TaskStateOptions) => Promise<TaskState>
  /** The operations that remain of a write that the disk has lost. */
  readonly lostWrite: (lost: readonly StorageOperation[]) => StorageOperation[]
}

/** No mutation. */
export const FAITHFUL: Mutation = { name: 'none', broker: (broker) => broker, openState: openTaskState, lostWrite: () => [] }

export const MUTATIONS: readonly Mutation[] = [
  { ...FAITHFUL, name: 'offset-read-before-fencing', broker: readOffsetsBeforeFencing },
  { ...FAITHFUL, name: 'dirty-store-kept', openState: keepDirtyStore },
  { ...FAITHFUL, name: 'timeout-taken-for-aborted', broker: (broker) => withProducers(broker, takeForAborted(broker)) },
  {
    ...FAITHFUL,
    name: 'timeout-taken-for-committed',
    broker: (broker) => withProducers(broker, async (producer) => takeForCommitted(producer)),
  },
  { ...FAITHFUL, name: 'stock-filter', broker: (broker) => withProducers(broker, leakAborted(broker)) },
  { ...FAITHFUL, name: 'sequence-reused', broker: (broker) => withProducers(broker, reuseSequence(broker)) },
  { ...FAITHFUL, name: 'marker-skipped', lostWrite: (lost) => lost.filter(({ value }) => value === null || value.length === 0) },
  { ...FAITHFUL, name: 'position-from-produced', openState: positionFromProduced },
  { ...FAITHFUL, name: 'partition-stops-silently', broker: stopSilently },
  { ...FAITHFUL, name: 'group-not-asked', broker: (broker) => withProducers(broker, async (producer) => storeAsOutsider(producer)) },
]

/** Throws `RangeError` with the list of names. */
export function mutationNamed(name: string): Mutation {
  const found = [FAITHFUL, ...MUTATIONS].find((mutation) => mutation.name === name)
  if (found === undefined) throw new RangeError(`No mutation "${name}". There are: ${MUTATIONS.map((one) => one.name).join(', ')}`)
  return found
}

type Wrap = (producer: Producer, transactionalId: string | undefined) => Promise<Producer>

function withProducers(broker: Broker, wrap: Wrap): Broker {
  return { ...broker, openProducer: async (options) => wrap(await broker.openProducer(options), options.transactionalId) }
}

/** A reopened task reads its offsets while its last commit is still in flight, and sees the earlier ones. */
function readOffsetsBeforeFencing(broker: Broker): Broker {
  const committed = new Map<string, number>()
  const early = new Map<string, number>()
  const wrapped = withProducers(broker, async (producer) => {
    let sent: readonly PartitionOffset[] = []
    return override(producer, {
      sendOffsets: (group, offsets) => {
        sent = offsets
        return producer.sendOffsets(group, offsets)
      },
      commit: async () => {
        const mine = sent
        sent = []
        try {
          const ends = await producer.commit()
          for (const offset of mine) committed.set(partitionName(offset), offset.offset)
          return ends
        } catch (error) {
          for (const offset of mine) early.set(partitionName(offset), committed.get(partitionName(offset)) ?? 0)
          throw error
        }
      },
    })
  })
  const committedOffsets: GroupCoordinator['committedOffsets'] = async (groupId, partitions, options) => {
    const fresh = await broker.groups.committedOffsets(groupId, partitions, options)
    return fresh.map((offset) => {
      const seen = early.get(partitionName(offset)) ?? offset.offset
      early.delete(partitionName(offset))
      committed.set(partitionName(offset), seen)
      return { ...offset, offset: seen }
    })
  }
  return { ...wrapped, groups: override(broker.groups, { committedOffsets }) }
}

/** Rows written by an aborted transaction stay in the stores. */
async function keepDirtyStore(options: TaskStateOptions): Promise<TaskState> {
  const state = await openTaskState(options)
  return override(state, { abort: () => undefined })
}

/** Rows and changelog positions are written to disk before the transaction is committed. */
async function positionFromProduced(options: TaskStateOptions): Promise<TaskState> {
  const state = await openTaskState(options)
  let early = Promise.resolve()
  return override(state, {
    collectChanges: (sink) => {
      const counts = new Map<string, number>()
      state.collectChanges({
        change: (store, ...row) => {
          counts.set(store, (counts.get(store) ?? 0) + 1)
          sink.change(store, ...row)
        },
      })
      early = state.commit(new Map([...counts].map(([store, count]) => [store, (state.position(store) ?? 0) + count])))
      early.catch(() => undefined) // surfaces in commit()
    },
    commit: async (positions, note) => {
      await early
      await state.commit(positions, note)
    },
  })
}

/** Treats a commit without an answer as aborted and sends everything again in a new transaction. */
function takeForAborted(broker: Broker): Wrap {
  return async (first, transactionalId) => {
    let producer = first
    let sent: (() => Promise<void>)[] = []
    return {
      send: (topic, partition, batch) => {
        const copy = copyOf(batch)
        sent.push(() => producer.send(topic, partition, copy))
        return producer.send(topic, partition, batch)
      },
      sendOffsets: (group, offsets) => {
        sent.push(() => producer.sendOffsets(group, offsets))
        return producer.sendOffsets(group, offsets)
      },
      commit: async () => {
        try {
          return await producer.commit()
        } catch (error) {
          if (!(error instanceof OutcomeUnknownError) || transactionalId === undefined) throw error
          producer = await broker.openProducer({ transactionalId })
          for (const again of sent) await again()
          return await producer.commit()
        } finally {
          sent = []
        }
      },
      abort: () => producer.abort(),
      close: () => producer.close(),
    }
  }
}

/** Treats a commit without an answer as committed. */
function takeForCommitted(producer: Producer): Producer {
  return override(producer, {
    commit: async () => {
      try {
        return await producer.commit()
      } catch (error) {
        if (error instanceof OutcomeUnknownError) return []
        throw error
      }
    },
  })
}

/** Makes the records of failed transactions visible to readers. */
function leakAborted(broker: Broker): Wrap {
  return async (producer) => {
    let sent: { topic: string; partition: number; batch: RecordBatchBuilder }[] = []
    return {
      send: (topic, partition, batch) => {
        sent.push({ topic, partition, batch: copyOf(batch) })
        return producer.send(topic, partition, batch)
      },
      sendOffsets: (group, offsets) => producer.sendOffsets(group, offsets),
      commit: async () => {
        const mine = sent
        sent = []
        try {
          return await producer.commit()
        } catch (error) {
          const plain = await broker.openProducer({})
          for (const { topic, partition, batch } of mine) await plain.send(topic, partition, batch)
          await plain.commit()
          throw error
        }
      },
      abort: () => producer.abort(),
      close: () => producer.close(),
    }
  }
}

/**
 * After a send with an unknown outcome the producer numbers its batches wrongly: it opens its id again, repeats the transaction, and the
 * broker takes the next batch for a duplicate.
 */
function reuseSequence(broker: Broker): Wrap {
  return async (first, transactionalId) => {
    let producer = first
    let sent: (() => Promise<void>)[] = []
    let takesNextForDuplicate = false
    let lastSend: Promise<unknown> = Promise.resolve()
    const inOrder = (call: () => Promise<void>): Promise<void> => {
      const result = lastSend.then(call)
      lastSend = result.catch(() => undefined)
      return result
    }
    return {
      send: (topic, partition, batch) => {
        const copy = copyOf(batch)
        const call = (): Promise<void> => producer.send(topic, partition, copy)
        return inOrder(async () => {
          if (takesNextForDuplicate) {
            takesNextForDuplicate = false
            return
          }
          sent.push(call)
          try {
            await call()
          } catch (error) {
            if (!(error instanceof OutcomeUnknownError) || transactionalId === undefined) throw error
            producer = await broker.openProducer({ transactionalId })
            for (const again of sent) await again()
            takesNextForDuplicate = true
          }
        })
      },
      sendOffsets: (group, offsets) => {
        const call = (): Promise<void> => producer.sendOffsets(group, offsets)
        return inOrder(() => {
          sent.push(call)
          return call()
        })
      },
      commit: async () => {
        await lastSend
        sent = []
        return producer.commit()
      },
      abort: () => producer.abort(),
      close: () => producer.close(),
    }
  }
}

/** Commits offsets without member id and generation, so that the coordinator fences no member. */
function storeAsOutsider(producer: Producer): Producer {
  return override(producer, {
    sendOffsets: ({ groupId }, offsets) => producer.sendOffsets({ groupId, memberId: '', generation: -1 }, offsets),
  })
}

const FETCHES_BEFORE_THE_STOP = 4

/** After some fetches one partition brings no records any more, and no error: its task seems to have nothing to do. */
function stopSilently(broker: Broker): Broker {
  return {
    ...broker,
    openFetcher: () => {
      const fetcher = broker.openFetcher()
      let fetches = 0
      let silent: string | undefined
      return override(fetcher, {
        fetch: async (partitions, options) => {
          const fetched = await fetcher.fetch(
            partitions.filter((partition) => partitionName(partition) !== silent),
            options,
          )
          const [first] = fetched
          if (++fetches >= FETCHES_BEFORE_THE_STOP && first !== undefined) silent ??= partitionName(first)
          return fetched
        },
      })
    },
  }
}

/** Copies the batch, because its owner reuses the builder as soon as the send has resolved. */
function copyOf(batch: RecordBatchBuilder): RecordBatchBuilder {
  const copy = createRecordBatchBuilder()
  copy.appendAll(batch)
  return copy
}
