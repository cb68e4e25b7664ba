import { query } from '../api/request.ts'
import type { Transaction, Transfer } from '../generated/graphql.ts'

/** A row may arrive before its transfer has ended. */
const POLL_INTERVAL_MS = 500

/**
 * The transfer whose journey the home page plays. A transfer that arrived while the page was open is played to the end before a newer
 * one replaces it; otherwise a busy bank would restart the journey all the time. A transfer from before that is replaced at once.
 */
export class ShownTransfer {
  row = $state.raw<Transaction>()
  /** Null until loaded, and always null for another client's transfer: its journey is derived from the row and has no times. */
  transfer = $state.raw<Transfer | null>(null)
  #newest: Transaction | undefined
  #replaceable = true
  #pollTimer: ReturnType<typeof setTimeout> | undefined

  /** Called with the newest row of the feed, as often as it changes. */
  offer(row: Transaction): void {
    if (row.id === this.#newest?.id) return
    const isHistory = this.#newest === undefined
    this.#newest = row
    if (!this.#replaceable) return
    this.#replaceable = isHistory
    this.#show(row)
  }

  /** Called when the journey has played to its end: shows the newest transfer, now or as soon as one arrives. */
  advance(): void {
    const isNewer = this.#newest !== undefined && this.#newest.id !== this.row?.id
    this.#replaceable = !isNewer
    if (isNewer && this.#newest !== undefined) this.#show(this.#newest)
  }

  close(): void {
    clearTimeout(this.#pollTimer)
  }

  #show(row: Transaction): void {
    clearTimeout(this.#pollTimer)
    this.row = row
    this.transfer = null
    if (row.transferId !== null) void this.#load(row, row.transferId)
  }

  async #load(row: Transaction, id: string): Promise<void> {
    const transfer = await query('transfer', { id }).catch(() => null)
    if (this.row !== row) return
    this.transfer = transfer
    if (transfer?.state === 'PENDING') this.#pollTimer = setTimeout(() => void this.#load(row, id), POLL_INTERVAL_MS)
  }
}
