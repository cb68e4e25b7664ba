import type { ServerResponse } from 'node:http'
import type { Timers } from '../../topology/index.ts'

/**
 * One response of server-sent events. A write waits until the client has read: while it does, nothing more is taken from the feed,
 * whose own bound then holds. A client that reads nothing at all for too long is cut off.
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

  /** Resolves when more may be written, or nothing can be any more. */
  async write(frame: Buffer): Promise<void> {
    if (!this.isOpen || this.#response.write(frame)) return
    await new Promise<void>((resolve) => {
      const timer = this.#timers.setTimeout(() => this.#response.destroy(), this.#drainTimeoutMs)
      const settle = (): void => {
        timer.cancel()
        this.#response.off('drain', settle)
        this.#response.off('close', settle)
        resolve()
      }
      this.#response.on('drain', settle)
      this.#response.on('close', settle)
    })
  }

  /** A comment, so that both sides and everything in between know that the line stands. */
  heartbeat(): void {
    if (this.isOpen && !this.#response.writableNeedDrain) this.#response.write(HEARTBEAT)
  }

  end(): void {
    if (this.isOpen) this.#response.end(COMPLETE)
  }
}

const HEARTBEAT = Buffer.from(':\n\n')
const COMPLETE = Buffer.from('event: complete\ndata:\n\n')

/** One event. `id` is where the client can go on from. */
export function frameOf(id: string | undefined, payload: object): Buffer {
  const place = id === undefined ? '' : `id: ${id.replaceAll(/[\r\n\0]/g, '')}\n`
  return Buffer.from(`${place}event: next\ndata: ${JSON.stringify(payload)}\n\n`)
}

function definedOf(headers: Readonly<Record<string, string | number | string[] | undefined>>): Record<string, string | number | string[]> {
  const defined: Record<string, string | number | string[]> = {}
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) defined[name] = value
  return defined
}
