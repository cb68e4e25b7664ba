/**
 * The transfer whose way the first page tells. What happened before anybody looked gives way at once; one that came while somebody
 * looked is told to its end first, or a busy bank would begin a new tale every moment.
 */
import { query } from '../api/request.ts'
import type { Transaction, Transfer } from '../generated/graphql.ts'

/** A row may be here before its transfer has ended. */
const ASK_AGAIN_MS = 500

export class ToldTransfer {
  row = $state.raw<Transaction>()
  /** Null while it is not known, and for good where it is somebody else's: the way is then told by the row alone. */
  transfer = $state.raw<Transfer | null>(null)
  #newest: Transaction | undefined
  #givesWay = true
  #asking: ReturnType<typeof setTimeout> | undefined

  /** The newest row, whenever there is one. */
  offer(row: Transaction): void {
    if (row.id === this.#newest?.id) return
    const isHistory = this.#newest === undefined
    this.#newest = row
    if (!this.#givesWay) return
    this.#givesWay = isHistory
    this.#tell(row)
  }

  /** It has been told once: on with the newest one, now or when it comes. */
  toldToItsEnd(): void {
    const isNewer = this.#newest !== undefined && this.#newest.id !== this.row?.id
    this.#givesWay = !isNewer
    if (isNewer && this.#newest !== undefined) this.#tell(this.#newest)
  }

  close(): void {
    clearTimeout(this.#asking)
  }

  #tell(row: Transaction): void {
    clearTimeout(this.#asking)
    this.row = row
    this.transfer = null
    if (row.transferId !== null) void this.#learn(row, row.transferId)
  }

  async #learn(row: Transaction, id: string): Promise<void> {
    const transfer = await query('transfer', { id }).catch(() => null)
    if (this.row !== row) return
    this.transfer = transfer
    if (transfer?.state === 'PENDING') this.#asking = setTimeout(() => void this.#learn(row, id), ASK_AGAIN_MS)
  }
}
