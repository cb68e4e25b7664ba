/**
 * One side of a join of two streams: looks for partners in the other side's store, then puts the record into its own.
 * Both sides share one stream time. Where unmatched records count (left, outer), those without a partner wait in a buffer
 * until their window and the grace are over; a record already too late for that comes out at once and may still join later.
 */
import type { StateStore, TimeOrderedBuffer, WindowStore } from '../../state/index.ts'
import type { JoinWindows } from './join-windows.ts'
import type { ProcessorContext, ProcessorSupplier, Record } from '../processor.ts'
import type { JoinSide, SideKey, SideValue } from './join-side.ts'
import { withValue, withValueAt } from './records.ts'

export interface JoinSideOptions<K, VOwn, VOther, VOut> {
  readonly side: JoinSide
  /** A record of this side that finds no partner comes out with null for the other. */
  readonly emitsUnmatched: boolean
  /** As seen from the left side. */
  readonly window: JoinWindows
  readonly ownStore: string
  readonly otherStore: string
  /** Where unmatched records of either side wait; undefined in an inner join. */
  readonly unmatchedStore: string | undefined
  readonly joiner: (own: NonNullable<VOwn> | null, other: NonNullable<VOther> | null, key: K) => VOut
  readonly times: SharedJoinTimes
}

interface JoinTimes {
  /** Largest timestamp seen on either side. */
  streamTime: number
  /** No waiting record is older, as far as is known: spares a look into the buffer. */
  oldestUnmatched: number
}

/** The times both sides of a join share, one pair per task: found by a store that both open. */
export class SharedJoinTimes {
  private readonly byStore = new WeakMap<StateStore, JoinTimes>()

  of(store: StateStore): JoinTimes {
    const known = this.byStore.get(store)
    if (known !== undefined) return known
    const times = { streamTime: -1, oldestUnmatched: Number.MAX_SAFE_INTEGER }
    this.byStore.set(store, times)
    return times
  }
}

export function streamStreamJoinSide<K, VOwn, VOther, VOut>(
  options: JoinSideOptions<K, VOwn, VOther, VOut>,
): ProcessorSupplier<K, VOwn, K, VOut> {
  return () => new JoinSideProcessor(options)
}

class JoinSideProcessor<K, VOwn, VOther, VOut> {
  private readonly options: JoinSideOptions<K, VOwn, VOther, VOut>
  private readonly beforeMs: number
  private readonly afterMs: number
  private context!: ProcessorContext<K, VOut>
  private own!: WindowStore<K, NonNullable<VOwn>>
  private other!: WindowStore<K, NonNullable<VOther>>
  private unmatched: TimeOrderedBuffer<SideKey<K>, SideValue<NonNullable<VOwn>, NonNullable<VOther>>> | undefined
  private times!: JoinTimes

  constructor(options: JoinSideOptions<K, VOwn, VOther, VOut>) {
    const { side, window } = options
    this.options = options
    this.beforeMs = side === 'left' ? window.beforeMs : window.afterMs
    this.afterMs = side === 'left' ? window.afterMs : window.beforeMs
  }

  init(context: ProcessorContext<K, VOut>): void {
    const { side, ownStore, otherStore, unmatchedStore, times } = this.options
    this.context = context
    this.own = context.store(ownStore)
    this.other = context.store(otherStore)
    if (unmatchedStore !== undefined) this.unmatched = context.store(unmatchedStore)
    this.times = times.of(side === 'left' ? this.own : this.other)
    this.times.streamTime = Math.max(this.own.lastStart, this.other.lastStart)
    this.times.oldestUnmatched = this.unmatched?.first()?.start ?? Number.MAX_SAFE_INTEGER
  }

  process(record: Record<K, VOwn>): void {
    const { key, value, timestamp } = record
    const { times, unmatched } = this
    if (timestamp > times.streamTime) times.streamTime = timestamp
    if (value === null || value === undefined) {
      this.context.drop('null-value')
      return
    }
    if (key === null) {
      if (this.options.emitsUnmatched) this.context.forward(withValue(record, this.options.joiner(value, null, key)))
      else this.context.drop('null-key')
      return
    }
    if (unmatched !== undefined && timestamp === times.streamTime) this.emitExpired(unmatched, record)
    this.joinPartners(key, value, record)
    this.own.put(key, value, timestamp, timestamp)
  }

  private joinPartners(key: K, value: NonNullable<VOwn>, record: Record<K, VOwn>): void {
    const { times, unmatched, context } = this
    const { side, joiner, emitsUnmatched } = this.options
    const { timestamp } = record
    const until = Math.max(0, timestamp + this.afterMs)
    const partners = this.other.fetchRange(key, Math.max(0, timestamp - this.beforeMs), until)
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
   * Emits what has waited in vain. Follows Kafka Streams to the letter in when it looks: the oldest time it remembers is
   * that of the last row it came past, which may be younger than a row it had to leave waiting.
   */
  private emitExpired(unmatched: NonNullable<typeof this.unmatched>, record: Record<K, VOwn>): void {
    const { times, context } = this
    const { side, joiner, window } = this.options
    if (times.oldestUnmatched + this.afterMs + window.graceMs >= times.streamTime) return
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
      context.forward({ key, value: joined, timestamp: start, headers: record.headers })
    }
    for (const { start, sideKey } of emitted) unmatched.delete(start, sideKey)
  }
}
