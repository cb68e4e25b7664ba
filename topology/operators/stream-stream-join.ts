import type { StateStore, TimeOrderedBuffer, WindowStore } from '../../state/index.ts'
import type { ProcessorContext, ProcessorSupplier, Record } from '../processor.ts'
import type { JoinSide, SideKey, SideValue } from './join-side.ts'
import type { JoinWindows } from './join-windows.ts'
import { withValue, withValueAt } from './records.ts'

export interface JoinSideOptions<K, VOwn, VOther, VOut> {
  readonly side: JoinSide
  /** A record of this side without a partner is emitted with null for the other side. */
  readonly emitsUnmatched: boolean
  /** From the left side's point of view. */
  readonly window: JoinWindows
  readonly ownStore: string
  readonly otherStore: string
  /** The buffer in which unmatched records of either side wait; undefined in an inner join. */
  readonly unmatchedStore: string | undefined
  readonly joiner: (own: NonNullable<VOwn> | null, other: NonNullable<VOther> | null, key: K) => VOut
  readonly times: SharedJoinTimes
}

interface JoinTimes {
  /** Largest timestamp seen on either side. */
  streamTime: number
  /** Timestamp of the oldest buffered record as far as it is known (see `#emitExpired`). Saves most reads of the buffer. */
  oldestUnmatched: number
}

/** The times that both sides of a join share, one pair per task: looked up by a store that both sides open. */
export class SharedJoinTimes {
  readonly #byStore = new WeakMap<StateStore, JoinTimes>()

  forStore(store: StateStore): JoinTimes {
    const known = this.#byStore.get(store)
    if (known !== undefined) return known
    const times = { streamTime: -1, oldestUnmatched: Number.MAX_SAFE_INTEGER }
    this.#byStore.set(store, times)
    return times
  }
}

/**
 * One side of a join of two streams: finds partners in the other side's store, then puts the record into its own.
 * Both sides share one stream time. In left and outer joins, records without a partner wait in a buffer until their window and
 * the grace have passed. A record that arrives after that is emitted at once and may still join later.
 */
export function streamStreamJoinSide<K, VOwn, VOther, VOut>(
  options: JoinSideOptions<K, VOwn, VOther, VOut>,
): ProcessorSupplier<K, VOwn, K, VOut> {
  return (context) => new JoinSideProcessor(options, context)
}

type UnmatchedBuffer<K, VOwn, VOther> = TimeOrderedBuffer<SideKey<K>, SideValue<NonNullable<VOwn>, NonNullable<VOther>>>

class JoinSideProcessor<K, VOwn, VOther, VOut> {
  readonly #options: JoinSideOptions<K, VOwn, VOther, VOut>
  readonly #context: ProcessorContext<K, VOut>
  readonly #beforeMs: number
  readonly #afterMs: number
  readonly #own: WindowStore<K, NonNullable<VOwn>>
  readonly #other: WindowStore<K, NonNullable<VOther>>
  readonly #unmatched: UnmatchedBuffer<K, VOwn, VOther> | undefined
  readonly #times: JoinTimes

  constructor(options: JoinSideOptions<K, VOwn, VOther, VOut>, context: ProcessorContext<K, VOut>) {
    const { side, window, ownStore, otherStore, unmatchedStore, times } = options
    this.#options = options
    this.#context = context
    this.#beforeMs = side === 'left' ? window.beforeMs : window.afterMs
    this.#afterMs = side === 'left' ? window.afterMs : window.beforeMs
    this.#own = context.store(ownStore)
    this.#other = context.store(otherStore)
    this.#unmatched = unmatchedStore === undefined ? undefined : context.store(unmatchedStore)
    this.#times = times.forStore(side === 'left' ? this.#own : this.#other)
    this.#times.streamTime = Math.max(this.#own.lastStart, this.#other.lastStart)
    this.#times.oldestUnmatched = this.#unmatched?.first()?.start ?? Number.MAX_SAFE_INTEGER
  }

  process(record: Record<K, VOwn>): void {
    const { key, value, timestamp } = record
    const times = this.#times
    const unmatched = this.#unmatched
    if (timestamp > times.streamTime) times.streamTime = timestamp
    if (value === null || value === undefined) {
      this.#context.drop('null-value')
      return
    }
    if (key === null) {
      if (this.#options.emitsUnmatched) this.#context.forward(withValue(record, this.#options.joiner(value, null, key)))
      else this.#context.drop('null-key')
      return
    }
    if (unmatched !== undefined && timestamp === times.streamTime) this.#emitExpired(unmatched, record)
    this.#joinPartners(key, value, record)
    this.#own.put(key, value, timestamp, timestamp)
  }

  #joinPartners(key: K, value: NonNullable<VOwn>, record: Record<K, VOwn>): void {
    const times = this.#times
    const unmatched = this.#unmatched
    const context = this.#context
    const { side, joiner, emitsUnmatched } = this.#options
    const { timestamp } = record
    const until = Math.max(0, timestamp + this.#afterMs)
    const partners = this.#other.fetchRange(key, Math.max(0, timestamp - this.#beforeMs), until)
    for (const partner of partners) {
      if (unmatched !== undefined) unmatched.delete(partner.start, { side: side === 'left' ? 'right' : 'left', key })
      context.forward(withValueAt(record, joiner(value, partner.value, key), Math.max(timestamp, partner.start)))
    }
    if (partners.length > 0 || !emitsUnmatched) return
    if (unmatched === undefined || until < times.streamTime) {
      context.forward(withValue(record, joiner(value, null, key)))
    } else {
      if (timestamp < times.oldestUnmatched) times.oldestUnmatched = timestamp
      unmatched.put(timestamp, { side, key }, { side, value }, timestamp)
    }
  }

  /**
   * Emits the records whose window has passed without a partner. When it reads the buffer is exactly as in Kafka Streams: the
   * oldest time it remembers is that of the last row it read, which may be later than a row that has to keep waiting.
   */
  #emitExpired(unmatched: UnmatchedBuffer<K, VOwn, VOther>, record: Record<K, VOwn>): void {
    const times = this.#times
    const { side, joiner, window } = this.#options
    if (times.oldestUnmatched + this.#afterMs + window.graceMs >= times.streamTime) return
    times.oldestUnmatched = Number.MAX_SAFE_INTEGER
    const emitted: { readonly start: number; readonly sideKey: SideKey<K> }[] = []
    const open = { left: false, right: false }
    for (const { key: sideKey, value: row, start } of unmatched.rows()) {
      times.oldestUnmatched = start
      if (open.left && open.right) break
      const lookahead = sideKey.side === 'left' ? window.afterMs : window.beforeMs
      if (start + lookahead + window.graceMs >= times.streamTime) {
        open[sideKey.side] = true
        continue
      }
      const { key } = sideKey
      const joined =
        row.side === side ? joiner(row.value as NonNullable<VOwn>, null, key) : joiner(null, row.value as NonNullable<VOther>, key)
      emitted.push({ start, sideKey })
      this.#context.forward({ key, value: joined, timestamp: start, headers: record.headers })
    }
    for (const { start, sideKey } of emitted) unmatched.delete(start, sideKey)
  }
}
