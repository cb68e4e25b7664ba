import { StateError, type StateStore, type TaskState } from '../../../state/index.ts'
import { partitionName, type FetchedPartition, type PartitionOffset, type RecordBatch } from '../../broker/index.ts'
import { asRetriable, RecordError, type RecordStage } from '../../errors.ts'
import type { GlobalStore } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import { failing, responseTo, type ErrorHandlers } from '../error-handlers.ts'
import { NEGATIVE_TIMESTAMP, readRecord } from '../read-record.ts'

/** How far a topic's partition has been applied. */
export interface GlobalPosition extends PartitionOffset {
  offset: number
  partitionTime: number
}

export interface GlobalRecordsOptions {
  readonly stores: readonly GlobalStore[]
  readonly handlers: ErrorHandlers
  readonly ports: Ports
}

/**
 * Applies the records of the topics to the global stores. A record that cannot be read or stored is dropped, and its row stays as it was, unless the
 * handler says `fail`: there is no dead letter, because every instance reads the record, and reads it again at each start (DECISIONS 104).
 */
export class GlobalRecords {
  readonly #options: GlobalRecordsOptions
  /** Dropped records by reason code. */
  readonly drops = new Map<string, number>()

  constructor(options: GlobalRecordsOptions) {
    this.#options = options
  }

  /**
   * Applies what was fetched, and moves the position record by record. Throws `RetriableError` for a record that cannot be read yet, at which the position
   * then is, and `FatalStreamsError` where the handler says `fail`.
   */
  apply({ batches, nextOffset }: FetchedPartition, position: GlobalPosition, state: TaskState): void {
    for (const batch of batches) {
      try {
        while (batch.next()) {
          if (batch.offset < position.offset) continue
          for (const global of this.#options.stores) if (global.topic === position.topic) this.#applyTo(global, batch, position, state)
          position.offset = batch.offset + 1
        }
      } finally {
        batch.rewind()
      }
    }
    position.offset = nextOffset
  }

  #applyTo(global: GlobalStore, batch: RecordBatch, position: GlobalPosition, state: TaskState): void {
    let stage: RecordStage = 'read'
    try {
      const { key, value, timestamp } = readRecord(batch, global, position.partitionTime, this.#options.ports.clock)
      if (timestamp < 0) return this.#drop(NEGATIVE_TIMESTAMP, global, batch, position)
      if (key === null) return this.#drop('null-key', global, batch, position)
      position.partitionTime = Math.max(position.partitionTime, timestamp)
      stage = 'process'
      put(state.store(global.store.name), key, value, timestamp)
    } catch (cause) {
      if (cause instanceof StateError) throw cause
      const retriable = asRetriable(cause)
      if (retriable !== undefined) throw retriable
      this.#failed(stage, cause, global, batch, position)
    }
  }

  #failed(stage: RecordStage, cause: unknown, global: GlobalStore, batch: RecordBatch, { topic, partition }: GlobalPosition): void {
    const error = new RecordError({
      stage,
      task: 'global',
      operator: global.store.name,
      origin: { topic, partition, offset: batch.offset },
      key: batch.key,
      cause,
    })
    if (responseTo(error, this.#options.handlers) === 'fail') throw failing(error)
    this.#drop(`${stage}-error`, global, batch, { topic, partition }, error)
  }

  /** The first drop of each reason is a warning, the others are counted. */
  #drop(
    reason: string,
    global: GlobalStore,
    { offset }: RecordBatch,
    partition: { readonly topic: string; readonly partition: number },
    error?: RecordError,
  ): void {
    const count = (this.drops.get(reason) ?? 0) + 1
    this.drops.set(reason, count)
    if (count > 1) return
    this.#options.ports.logger.warn('a record of a global store was dropped; further ones with this reason are only counted', {
      code: 'record-dropped',
      store: global.store.name,
      reason,
      record: `${partitionName(partition)}@${offset}`,
      ...(error && { error: error.message }),
    })
  }
}

function put(store: StateStore, key: unknown, value: unknown, timestamp: number): void {
  if (store.kind !== 'keyValue')
    throw new RangeError(`Global store "${store.name}" is of kind ${store.kind}; it must be a key-value store.`)
  store.put(key, value, timestamp)
}
