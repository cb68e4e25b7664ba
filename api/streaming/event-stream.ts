import type { ServerResponse } from 'node:http'
import type { Timers } from '../../topology/index.ts'

/**
 * One response of server-sent events. A write waits while the client does not read (back-pressure), so the feed's mailbox bounds what
 * is queued. A client that reads nothing for `drainTimeoutMs` is disconnected.
 */
export class EventStream {
  readonly #response: ServerResponse
  readonly #timers: Timers
  readonly #drainTimeoutMs: number

  constructor(response: ServerResponse, timers: Timers, drainTimeoutMs: number) {
    this.#response = response
    this.#timers = timers
    this.#drainTimeoutMs = drainTimeoutMs
  }

  get isOpen(): boolean {
    return this.#response.writable && !this.#response.destroyed
  }

  begin(headers: Readonly<Record<string, string | number | string[] | undefined>>): void {
    this.#response.writeHead(200, {
      ...definedOf(headers),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    })
    this.#response.write(HEARTBEAT)
  }

  /** Resolves when the stream accepts more, or is closed. */
  async write(frame: Buffer): Promise<void> {
    if (!this.isOpen || this.#response.write(frame)) return
    await new Promise<void>((resolve) => {
      const timer = this.#timers.setTimeout(() => this.#response.destroy(), this.#drainTimeoutMs)
      const finish = (): void => {
        timer.cancel()
        this.#response.off('drain', finish)
        this.#response.off('close', finish)
        resolve()
      }
      this.#response.on('drain', finish)
      this.#response.on('close', finish)
    })
  }

  /** A comment that keeps the connection alive and shows the client that it is. */
  heartbeat(): void {
    if (this.isOpen && !this.#response.writableNeedDrain) this.#response.write(HEARTBEAT)
  }

  end(): void {
    if (this.isOpen) this.#response.end(COMPLETE)
  }
}

const HEARTBEAT = Buffer.from(':\n\n')
const COMPLETE = Buffer.from('event: complete\ndata:\n\n')

/** One event as text. The client can resume after `id`. */
export function frameOf(id: string | undefined, payload: object): Buffer {
  const idLine = id === undefined ? '' : `id: ${id.replaceAll(/[\r\n\0]/g, '')}\n`
  return Buffer.from(`${idLine}event: next\ndata: ${JSON.stringify(payload)}\n\n`)
}

function definedOf(headers: Readonly<Record<string, string | number | string[] | undefined>>): Record<string, string | number | string[]> {
  const defined: Record<string, string | number | string[]> = {}
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) defined[name] = value
  return defined
}
